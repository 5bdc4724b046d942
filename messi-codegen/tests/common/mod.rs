//! Helpers of several tests.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test is a crate of its own and uses a part of it"
)]

#[path = "../../../messi-schema/tests/common/mod.rs"]
mod schemas;

use messi_codegen::model::Protocol;
use messi_codegen::read;

pub(crate) use self::schemas::{Schemas, brief, with};

/// Reads a valid schema.
pub(crate) fn model(text: &str) -> Protocol {
    let schemas = Schemas::new(&[("chat.proto", text)]);
    schemas.read_by("chat.proto", read).unwrap()
}

/// Returns the problems of an invalid schema.
pub(crate) fn problems(text: &str) -> Vec<String> {
    let schemas = Schemas::new(&[("chat.proto", text)]);
    schemas.read_by("chat.proto", read).unwrap_err()
}
