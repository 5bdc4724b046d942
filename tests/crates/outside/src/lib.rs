//! The base directory of a schema's path, in a crate outside of the workspace.

#[doc(hidden)]
pub use messi;

/// Passes a path to the macro.
#[macro_export]
macro_rules! protocol {
    ($path:literal) => {
        $crate::messi::protocol!($path, crate = ::outside::messi);
    };
}

/// A path that exists in both directories.
pub mod both {
    messi::protocol!("place.proto");
}

/// A path that exists only relative to `Cargo.toml`.
pub mod manifest {
    messi::protocol!("src/../place.proto");
}
