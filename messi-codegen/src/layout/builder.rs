//! The context in which the items of one file are laid out.

use messi_schema::{Diagnostics, Position, ProtoFile};

use super::renames::Renames;
use super::types::Types;

/// The context of the items of one file.
pub(super) struct Builder<'a, 'd> {
    pub(super) file: &'a ProtoFile,
    pub(super) types: &'a Types,
    pub(super) renames: &'a Renames,
    diagnostics: &'d mut Diagnostics,
}

impl<'a, 'd> Builder<'a, 'd> {
    pub(super) fn new(
        file: &'a ProtoFile,
        types: &'a Types,
        renames: &'a Renames,
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        Self {
            file,
            types,
            renames,
            diagnostics,
        }
    }

    /// Reports a problem at a place in the file.
    pub(super) fn report(&mut self, position: Position, message: String) {
        let file = &self.file.display_name;
        self.diagnostics.report(file, position, message);
    }

    /// Reports a claim that failed: `what` would have a Rust name that another item has. Returns whether the
    /// name is free.
    pub(super) fn is_free(
        &mut self,
        position: Position,
        rust_name: &str,
        what: &str,
        claim: Result<(), String>,
    ) -> bool {
        let Err(other) = claim else { return true };
        let file = &self.file.display_name;
        // Names that clash in protobuf as well have been reported.
        if !self.diagnostics.has_problem_at(file, position) {
            let message = format!("found {what} beside {other}: both become `{rust_name}` in Rust");
            let help = "rename one of them, in the schema or by the option `rename`";
            self.diagnostics
                .report_with_help(file, position, message, help);
        }
        false
    }
}
