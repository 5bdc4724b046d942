//! The macro of messi: a shim over `messi-codegen`.

use proc_macro::TokenStream;

#[allow(missing_docs)]
#[proc_macro]
pub fn protocol(input: TokenStream) -> TokenStream {
    let _ = input;
    TokenStream::new()
}
