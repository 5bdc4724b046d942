//! Empty types that stand for those of the feature `metrics`.

use std::sync::Arc;
use std::time::Duration;

use messi_wire::session::FirstKey;

use crate::runtime::AsyncRuntime;
use crate::tasks::Tasks;
use crate::{Protocol, ServerStats, Uri};

/// Stands for the metrics of a server or a client.
#[derive(Debug)]
pub(crate) struct Metrics;

#[expect(
    clippy::extra_unused_type_parameters,
    reason = "with the feature, the protocol gives the labels"
)]
impl Metrics {
    pub(crate) fn of_server<P: Protocol>(_: &Uri) -> (Self, Reporter) {
        (Self, Reporter)
    }

    pub(crate) fn of_client<P: Protocol>(_: &Uri) -> (Self, Reporter) {
        (Self, Reporter)
    }

    pub(crate) fn probe(&self, _: &dyn AsyncRuntime) -> Probe {
        Probe
    }

    pub(crate) async fn reported(&self) {}
}

/// Stands for the task that reports.
pub(crate) struct Reporter;

impl Reporter {
    pub(crate) fn start(
        self,
        _: Arc<dyn AsyncRuntime>,
        _: Arc<Tasks>,
        _: impl Fn() -> ServerStats + Send + 'static,
    ) {
    }
}

/// Stands for the measurements of a connection.
pub(crate) struct Probe;

impl Probe {
    pub(crate) fn off() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn begin(&mut self, _: &dyn AsyncRuntime) {}

    #[inline]
    pub(crate) fn end(&mut self, _: FirstKey, _: &dyn AsyncRuntime) {}

    #[inline]
    pub(crate) fn record_round_trip(&self, _: Duration) {}
}
