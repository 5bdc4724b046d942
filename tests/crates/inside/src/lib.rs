//! The base directory of a schema's path, in a member of a workspace. Two directories have a
//! `place.proto`, and the protocol's name shows which one was read.
//!
//! In a doc example, the path is relative to the file of the example:
//!
//! ```
//! mod place {
//!     messi::protocol!("place.proto");
//! }
//! let _ = place::Sources;
//! ```
//!
//! Or to the directory of `Cargo.toml`:
//!
//! ```
//! mod place {
//!     messi::protocol!("src/place.proto");
//! }
//! let _ = place::Sources;
//! ```

pub mod nested;

/// A path that exists in both directories.
pub mod both {
    messi::protocol!("place.proto");
}

/// A path that exists only relative to `Cargo.toml`.
pub mod manifest {
    messi::protocol!("src/../place.proto");
}

/// Expands a path that is written here, in callers elsewhere.
macro_rules! written_here {
    () => {
        messi::protocol!("place.proto");
    };
}
pub(crate) use written_here;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_the_rust_file_is_searched_first() {
        let _ = both::Sources;
        let _ = outside::both::Sources;
    }

    #[test]
    fn the_directory_of_the_crates_cargo_toml_is_searched_next() {
        let _ = manifest::Manifest;
        let _ = nested::both::Manifest;
        let _ = outside::manifest::Manifest;
    }

    #[test]
    fn a_path_may_contain_parent_directories() {
        let _ = nested::upwards::Sources;
    }

    #[test]
    fn a_path_in_a_users_macro_is_relative_to_the_file_that_contains_it() {
        let _ = nested::in_a_macro::Sources;
        let _ = nested::given_to_a_macro::Manifest;
    }
}
