//! The short and the full form of a test.

use std::env;
use std::time::Duration;

/// Returns one of two values, depending on the form of the test.
pub(crate) fn by_form<T>(short: T, full: T) -> T {
    match env::var("MESSI_PRESSURE").as_deref() {
        Err(_) => short,
        Ok("full") => full,
        Ok(other) => panic!("MESSI_PRESSURE is {other:?}: it may be \"full\""),
    }
}

/// Returns the time by which an operation may exceed its documented limit.
///
/// The short form runs without optimisations, and on a machine that may be busy.
pub(crate) fn slack() -> Duration {
    by_form(Duration::from_secs(5), Duration::from_millis(250))
}
