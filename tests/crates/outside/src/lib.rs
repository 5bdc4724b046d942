//! Where a schema's path leads from, in a crate outside of the workspace.

#[doc(hidden)]
pub use messi;

/// Passes the path on.
#[macro_export]
macro_rules! protocol {
    ($path:literal) => {
        $crate::messi::protocol!($path, crate = ::outside::messi);
    };
}

/// Both places have it.
pub mod both {
    messi::protocol!("place.proto");
}

/// It is there for who starts at `Cargo.toml`.
pub mod manifest {
    messi::protocol!("src/../place.proto");
}
