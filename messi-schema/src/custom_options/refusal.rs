//! The reasons why an option can't be encoded.

use crate::position::Position;

/// The reason why an option is not valid.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) position: Position,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Refusal {
    pub(super) fn new(position: Position, message: String) -> Self {
        Self {
            position,
            message,
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: &str) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The reason why an option can't be encoded.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not valid.
    Refused(Refusal),
    /// It has a type of `google.protobuf`, whose fields are not known here.
    Foreign,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
