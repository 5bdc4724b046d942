//! Code that a build script writes is code of the crate: its lints apply, where those of an
//! expansion of the macro are mostly silent. What this crate is about is that they find nothing,
//! and that rustdoc finds nothing either.

#![deny(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic
)]
// A type is named by its path in the schema, wherever that is done.
#![allow(clippy::use_self)]

/// What is deprecated.
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

/// Types with the names of what the code needs.
#[allow(
    clippy::large_enum_variant,
    reason = "one of them is much larger than the others"
)]
pub mod names {
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

/// Requests and their answers.
pub mod requests {
    include!(concat!(env!("OUT_DIR"), "/requests.rs"));
}
