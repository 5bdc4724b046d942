//! Reports the statistics of a server or a client to the facade, once a second.
//!
//! One task does so, on the clock of the server or client. It ends after all others of them, and the end of a stop
//! waits for it: a program that ends then has reported all.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use metrics::Label;

use super::instruments::{Histograms, Instruments, shared_labels};
use super::labels::{Labels, labels_of_client, labels_of_server};
use super::probe::Probe;
use crate::runtime::AsyncRuntime;
use crate::tasks::{Running, Tasks, unless};
use crate::{Protocol, ServerStats, Uri};

/// The time between two reports.
const INTERVAL: Duration = Duration::from_secs(1);

/// The metrics of a server or a client.
pub(crate) struct Metrics {
    histograms: Arc<Histograms>,
    /// The task of the reporter.
    tasks: Arc<Tasks>,
}

impl Metrics {
    /// Registers the metrics of a server that is reached at `uri`.
    pub(crate) fn of_server<P: Protocol>(uri: &Uri) -> (Self, Reporter) {
        Self::register(&labels_of_server::<P>(uri), P::CLIENT_MEMBERS, true)
    }

    /// Registers the metrics of a client with its first server at `uri`.
    pub(crate) fn of_client<P: Protocol>(uri: &Uri) -> (Self, Reporter) {
        Self::register(&labels_of_client::<P>(uri), P::SERVER_MEMBERS, false)
    }

    fn register(
        labels: &Labels,
        members: &[(u32, &'static str)],
        is_server: bool,
    ) -> (Self, Reporter) {
        let labels: Vec<Label> = shared_labels(labels);
        let metrics = Self {
            histograms: Histograms::register(&labels, members),
            tasks: Arc::default(),
        };
        let reporter = Reporter {
            instruments: Instruments::register(&labels, is_server),
            running: metrics.tasks.begin(),
        };
        (metrics, reporter)
    }

    /// Returns the measurements of a new connection.
    pub(crate) fn probe(&self, runtime: &dyn AsyncRuntime) -> Probe {
        Probe::new(self.histograms.clone(), runtime)
    }

    /// Waits until the last values are reported.
    pub(crate) async fn reported(&self) {
        self.tasks.ended().await;
    }
}

impl Debug for Metrics {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Reports the statistics of a server or a client.
pub(crate) struct Reporter {
    instruments: Instruments,
    running: Running,
}

impl Reporter {
    /// Starts the task. It ends when `tasks` have ended, of which at least one must run already.
    pub(crate) fn start(
        self,
        runtime: Arc<dyn AsyncRuntime>,
        tasks: Arc<Tasks>,
        stats: impl Fn() -> ServerStats + Send + 'static,
    ) {
        let task = self.run(runtime.clone(), tasks, stats);
        runtime.spawn(task.boxed());
    }

    async fn run(
        mut self,
        runtime: Arc<dyn AsyncRuntime>,
        tasks: Arc<Tasks>,
        stats: impl Fn() -> ServerStats + Send,
    ) {
        // With other timers, where the runtime can: there may be thousands of clients.
        let interval = || runtime.sleep_about(INTERVAL);
        while unless(tasks.ended(), interval()).await.is_some() {
            self.instruments.report(stats());
        }
        self.instruments.report(stats());
        // The gauges must be empty, and the statistics dropped, before the end of the task is seen.
        drop((self.instruments, stats));
        drop(self.running);
    }
}
