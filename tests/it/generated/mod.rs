//! The types and traits that the macro generates.

mod names;
mod options;
mod types;
