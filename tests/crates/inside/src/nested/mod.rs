//! In a directory without a schema.

/// Found beside `Cargo.toml`.
pub mod both {
    messi::protocol!("place.proto");
}

/// Found beside the file above this one.
pub mod upwards {
    messi::protocol!("../place.proto");
}

/// A path from another file.
pub mod in_a_macro {
    crate::written_here!();
}

/// A path from this file, by way of another crate.
#[cfg(test)]
pub mod given_to_a_macro {
    outside::protocol!("place.proto");
}
