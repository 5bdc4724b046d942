//! The executor of async-std. This is the only file that names it.

use std::num::NonZero;
use std::thread;

use async_std::task;
use futures::future::BoxFuture;

use super::async_io::Spawn;

/// Tasks on the threads of async-std.
#[derive(Debug)]
pub(super) struct AsyncStd;

impl Spawn for AsyncStd {
    fn name(&self) -> &'static str {
        "async-std"
    }

    fn threads(&self) -> usize {
        thread::available_parallelism().map_or(1, NonZero::get)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // A task reports its end itself.
        drop(task::spawn(task));
    }
}
