//! The macro of messi: a shim over the library `messi-codegen`, which tests and build scripts can call
//! too.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

use messi_codegen::Locations;
use proc_macro::TokenStream;

// Its documentation is on the re-export of the crate `messi`, where examples can name that crate. rustdoc
// appends this section to it, and rust-analyzer shows this section alone.
/// # In an editor
///
/// `messi::protocol!("chat.proto")` generates the types, handlers, client and server of a protocol from its
/// schema. The path in quotes shows the messages of the protocol. The documentation of `messi::protocol` describes
/// the schema and the options.
#[proc_macro]
pub fn protocol(input: TokenStream) -> TokenStream {
    let expand = AssertUnwindSafe(|| messi_codegen::protocol(input.into(), locations));
    match catch_unwind(expand) {
        Ok(tokens) => tokens.into(),
        Err(_) => {
            "::core::compile_error!(\"messi::protocol! has failed: please report its schema\");"
                .parse()
                .unwrap_or_default()
        }
    }
}

/// Returns the directories that the path of a schema is relative to. rust-analyzer may not know the file of
/// a span.
fn locations(span: proc_macro2::Span) -> Locations {
    let file = span.unwrap().local_file();
    let working_directory = env::current_dir().unwrap_or_default();
    let crate_root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Locations::new(file.as_deref(), &working_directory, crate_root.as_ref())
}
