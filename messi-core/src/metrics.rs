//! Metrics of servers and clients for monitoring systems.
//!
//! The statistics of a server or a client are its metrics: `families` lists them. With the feature `metrics`, a
//! [`Reporter`] gives them to the facade of that name once a second, and a [`Probe`] in the task of each connection
//! measures two times. Without the feature, both are empty.

mod families;
mod labels;

#[cfg(feature = "metrics")]
mod instruments;
#[cfg(feature = "metrics")]
mod probe;
#[cfg(feature = "metrics")]
mod reporter;

#[cfg(not(feature = "metrics"))]
mod disabled;

#[cfg(not(feature = "metrics"))]
pub(crate) use self::disabled::{Metrics, Probe};
pub(crate) use self::families::{FAMILIES, Family, Scope, Value};
pub(crate) use self::labels::{labels_of_client, labels_of_server};
#[cfg(feature = "metrics")]
pub(crate) use self::probe::Probe;
#[cfg(feature = "metrics")]
pub(crate) use self::reporter::Metrics;
