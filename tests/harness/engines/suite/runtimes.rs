//! The runtimes that the tests run on.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::future::BoxFuture;

/// The limit of one test, which takes a second at most: one that hangs must fail.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Runtime {
    AsyncStd,
    /// The reactor of smol without any executor of its own.
    Smol,
    Tokio,
}

impl Runtime {
    pub(crate) const ALL: [Self; 3] = [Self::AsyncStd, Self::Smol, Self::Tokio];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsyncStd => "async_std",
            Self::Smol => "smol",
            Self::Tokio => "tokio",
        }
    }

    /// Runs a test to its end.
    ///
    /// # Panics
    ///
    /// Panics if it panics, or takes longer than the limit.
    pub(crate) fn run(self, test: BoxFuture<'static, ()>) {
        let (ended, end) = mpsc::channel();
        let thread = thread::spawn(move || {
            self.block_on(test);
            let _ = ended.send(());
        });
        if end.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
            panic!("still running after {LIMIT:?}");
        }
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }

    fn block_on(self, test: BoxFuture<'static, ()>) {
        match self {
            Self::AsyncStd => async_std::task::block_on(test),
            Self::Smol => async_io::block_on(test),
            Self::Tokio => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(test),
        }
    }
}
