//! The back end of C.

use messi_schema::{Diagnostics, Schema};

use crate::arguments::GenerateC;
use crate::error::Error;
use crate::output::GeneratedFile;

/// Generates C.
pub(crate) struct BackEnd;

impl BackEnd {
    /// Creates the back end of a command.
    pub(crate) fn new(_command: &GenerateC) -> Result<Self, Error> {
        Ok(Self)
    }

    /// Generates the files of a schema. Returns `None` if its names clash in C: that is reported.
    pub(crate) fn generate(
        &self,
        _schema: &Schema,
        _diagnostics: &mut Diagnostics,
    ) -> Option<Result<Vec<GeneratedFile>, Error>> {
        Some(Ok(Vec::new()))
    }

    /// Returns the files of the runtime.
    pub(crate) fn runtime(&self) -> Vec<GeneratedFile> {
        Vec::new()
    }
}
