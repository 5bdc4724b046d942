//! Where a schema's path leads from, in a member of a workspace. There is a `place.proto` in two
//! directories, and the protocol's name tells which of them was read.
//!
//! In an example it leads from the file that holds the example:
//!
//! ```
//! mod place {
//!     messi::protocol!("place.proto");
//! }
//! let _ = place::Sources;
//! ```
//!
//! And from the directory of `Cargo.toml`:
//!
//! ```
//! mod place {
//!     messi::protocol!("src/place.proto");
//! }
//! let _ = place::Sources;
//! ```

pub mod nested;

/// Both places have it.
pub mod both {
    messi::protocol!("place.proto");
}

/// It is there for who starts at `Cargo.toml`.
pub mod manifest {
    messi::protocol!("src/../place.proto");
}

/// The path is written here, wherever this is called.
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
    fn the_directory_of_the_rust_file_goes_first() {
        let _ = both::Sources;
        let _ = outside::both::Sources;
    }

    #[test]
    fn the_directory_of_cargo_toml_is_that_of_the_crate() {
        let _ = manifest::Manifest;
        let _ = nested::both::Manifest;
        let _ = outside::manifest::Manifest;
    }

    #[test]
    fn a_path_may_lead_upwards() {
        let _ = nested::upwards::Sources;
    }

    #[test]
    fn a_path_in_a_macro_of_the_users_leads_from_where_it_is_written() {
        let _ = nested::in_a_macro::Sources;
        let _ = nested::given_to_a_macro::Manifest;
    }
}
