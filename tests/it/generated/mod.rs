//! The types and traits that the macro generates.

mod options;
mod types;
