//! Reads schemas.

use messi_schema::{Diagnostics, Expected, Locations, Schema, SchemaError};

use crate::config::Config;
use crate::layout::{Renames, lay_out, lay_out_types};
use crate::model::Protocol;

/// Reads a schema and all that it imports, and lays it out in Rust.
///
/// # Errors
///
/// Every problem with the schema, with its place.
pub fn read(schema: &str, locations: &Locations) -> Result<Protocol, SchemaError> {
    read_with(schema, locations, &Config::default())
}

/// Reads a schema with the names of a configuration.
pub(crate) fn read_with(
    schema: &str,
    locations: &Locations,
    config: &Config,
) -> Result<Protocol, SchemaError> {
    let renames = renames(config);
    messi_schema::read_with(
        schema,
        locations,
        Expected::Protocol,
        |schema, diagnostics| lay_out(&schema, &renames, diagnostics),
    )
}

/// Lays out the valid rest of a schema with problems. Returns `None` if the messages of the directions do not
/// have their names in Rust.
pub(crate) fn lay_out_rest(error: &SchemaError, config: &Config) -> Option<Protocol> {
    // Clashes have been reported, or come from names in place of wrong ones.
    let mut ignored = Diagnostics::default();
    lay_out(&error.rest, &renames(config), &mut ignored)
        .or_else(|| lay_out(&error.rest, &Renames::default(), &mut ignored))
}

fn renames(config: &Config) -> Renames {
    let renames = config.renames.iter();
    Renames::new(renames.map(|it| (it.item.clone(), it.name.clone())))
}

/// Reports the names of a schema that clash in Rust. The schema need not be a protocol.
///
/// ```
/// use messi_schema::{Expected, Locations, read_with};
///
/// let read = read_with("missing.proto", &Locations::default(), Expected::Messages, |schema, diagnostics| {
///     messi_codegen::check(&schema, diagnostics);
///     Some(schema)
/// });
/// assert!(read.is_err());
/// ```
pub fn check(schema: &Schema, diagnostics: &mut Diagnostics) {
    match schema.protocol {
        Some(_) => drop(lay_out(schema, &Renames::default(), diagnostics)),
        None => lay_out_types(schema, diagnostics),
    }
}
