//! The short and the full form of a test.

use std::env;
use std::time::Duration;

/// Returns one of two values, by the form that is asked for.
pub(crate) fn by_form<T>(short: T, full: T) -> T {
    match env::var("MESSI_PRESSURE").as_deref() {
        Err(_) => short,
        Ok("full") => full,
        Ok(other) => panic!("MESSI_PRESSURE is {other:?}: it may be \"full\""),
    }
}

/// Returns the time by which a documented limit may be exceeded.
///
/// The short form runs beside whatever else the machine does, and without optimisations.
pub(crate) fn slack() -> Duration {
    by_form(Duration::from_secs(5), Duration::from_millis(250))
}
