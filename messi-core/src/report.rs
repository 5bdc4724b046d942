//! Errors with their sources, for people.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};

/// Displays an error and its sources on one line: `can't connect to [::1]:6000: connection refused`.
///
/// Errors of this crate have a source with more information, rather than a text that contains that of the
/// source.
///
/// # Examples
///
/// ```
/// # use chat::*;
/// use messi::{ConnectError, Report, Retry};
///
/// struct Ui;
///
/// impl ChatClientHandler for Ui {
///     async fn on_connect_failure(&mut self, _: &ChatClient, error: &ConnectError) -> Retry {
///         eprintln!("{}", Report(error));
///         Retry::Backoff
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Report<'a>(pub &'a (dyn Error + 'a));

impl Display for Report<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self.0, formatter)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(formatter, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Debug for Report<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.0, formatter)
    }
}
