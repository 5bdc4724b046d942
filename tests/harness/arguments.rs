//! The arguments of test programs with a harness of their own.

use libtest_mimic::Arguments;

/// Returns the arguments of this process. If they set no number of tests that run at the same time, it is this one.
pub(crate) fn with_threads(threads: usize) -> Arguments {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(threads);
    arguments
}
