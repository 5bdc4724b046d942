//! The back end of Python.

use messi_schema::{Diagnostics, Schema};

use crate::arguments::GeneratePython;
use crate::error::Error;
use crate::output::GeneratedFile;

/// Generates Python.
pub(crate) struct BackEnd;

impl BackEnd {
    /// Creates the back end of a command.
    pub(crate) fn new(_command: &GeneratePython) -> Result<Self, Error> {
        Ok(Self)
    }

    /// Generates the files of a schema. Returns `None` if its names clash in Python: that is reported.
    pub(crate) fn generate(
        &self,
        _schema: &Schema,
        _diagnostics: &mut Diagnostics,
    ) -> Option<Result<Vec<GeneratedFile>, Error>> {
        Some(Ok(Vec::new()))
    }
}
