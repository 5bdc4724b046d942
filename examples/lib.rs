//! Empty: a package must have a target beside its examples.
