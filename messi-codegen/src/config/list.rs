//! Parses the lists of options.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Result, Token};

/// Parses items with commas between them, to the end of the input. A comma may follow the last.
pub(crate) fn parse_list<T: Parse>(input: ParseStream<'_>) -> Result<Vec<T>> {
    let list = Punctuated::<T, Token![,]>::parse_terminated(input)?;
    Ok(list.into_iter().collect())
}
