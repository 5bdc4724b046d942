//! Reads a proto3 schema and expands it into a messi protocol.

pub mod model;
