//! Checks that lints and rustdoc accept the code that a build script writes.
//!
//! Such code belongs to the crate, so all its lints apply. In an expansion of the macro, most are off.

#![deny(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic
)]
// Types are always named by their full path.
#![allow(clippy::use_self)]

/// Deprecated declarations.
pub mod deprecated {
    include!(concat!(env!("OUT_DIR"), "/deprecated.rs"));
}

/// Types of several packages.
pub mod imports {
    include!(concat!(env!("OUT_DIR"), "/imports.rs"));
}

/// Every kind of declaration.
pub mod kitchen_sink {
    include!(concat!(env!("OUT_DIR"), "/kitchen_sink.rs"));
}

/// Types with the names of items that generated code uses.
#[allow(
    clippy::large_enum_variant,
    reason = "one of them is much larger than the others"
)]
pub mod names {
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

/// Requests and their responses.
pub mod requests {
    include!(concat!(env!("OUT_DIR"), "/requests.rs"));
}
