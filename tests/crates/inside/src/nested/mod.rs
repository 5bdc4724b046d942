//! A module in a directory without a schema.

/// A path relative to `Cargo.toml`.
pub mod both {
    messi::protocol!("place.proto");
}

/// A path with a parent directory.
pub mod upwards {
    messi::protocol!("../place.proto");
}

/// A path that a macro of another file contains.
pub mod in_a_macro {
    crate::written_here!();
}

/// A path of this file, passed to a macro of another crate.
#[cfg(test)]
pub mod given_to_a_macro {
    outside::protocol!("place.proto");
}
