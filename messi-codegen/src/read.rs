//! Reads schemas.

use messi_schema::{Expected, Locations, SchemaError};

use crate::layout::lay_out;
use crate::model::Protocol;

/// Reads a schema and all that it imports, and lays it out in Rust.
///
/// # Errors
///
/// Every problem with the schema, with its place.
pub fn read(schema: &str, locations: &Locations) -> Result<Protocol, SchemaError> {
    messi_schema::read_with(
        schema,
        locations,
        Expected::Protocol,
        |schema, diagnostics| lay_out(&schema, diagnostics),
    )
}
