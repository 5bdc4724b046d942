//! Parses the option `derive`, as far as that needs no schema.

use messi_schema::code_list;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Path, Result, Token};

use super::path::{absolute, shown};
use super::target::Target;

/// A request for derives: `Eq`, or `ConnectReq: Eq + Hash`.
#[derive(Clone, Debug)]
pub(crate) struct Derive {
    /// The type, or `None` for all types.
    pub(crate) target: Option<Target>,
    pub(crate) traits: Vec<Derivable>,
}

/// A trait to derive.
#[derive(Clone, Debug)]
pub(crate) struct Derivable {
    /// The trait, if its requirements on fields are known.
    pub(crate) known: Option<Known>,
    /// As the user wrote it.
    pub(crate) shown: String,
    /// The path, which is valid in every module.
    pub(crate) path: TokenStream,
    pub(crate) span: Span,
}

/// The traits of the standard library that only some messages can implement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    Copy,
    Eq,
    Hash,
    Ord,
    PartialOrd,
}

/// The traits that every message implements.
const GIVEN: &[&str] = &["Clone", "Debug", "Default", "PartialEq"];

impl Known {
    pub(super) const ALL: [Self; 5] = [
        Self::Copy,
        Self::Eq,
        Self::Hash,
        Self::Ord,
        Self::PartialOrd,
    ];

    fn find(name: &Ident) -> Option<Self> {
        Some(match name.to_string().as_str() {
            "Copy" => Self::Copy,
            "Eq" => Self::Eq,
            "Hash" => Self::Hash,
            "Ord" => Self::Ord,
            "PartialOrd" => Self::PartialOrd,
            _ => return None,
        })
    }

    fn path(self, span: Span) -> TokenStream {
        match self {
            Self::Copy => quote_spanned!(span=> ::core::marker::Copy),
            Self::Eq => quote_spanned!(span=> ::core::cmp::Eq),
            Self::Hash => quote_spanned!(span=> ::core::hash::Hash),
            Self::Ord => quote_spanned!(span=> ::core::cmp::Ord),
            Self::PartialOrd => quote_spanned!(span=> ::core::cmp::PartialOrd),
        }
    }
}

impl Parse for Derive {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let path = input.call(Path::parse_mod_style)?;
        if !input.peek(Token![:]) {
            return Ok(Self {
                target: None,
                traits: vec![Derivable::new(&path)?],
            });
        }
        input.parse::<Token![:]>()?;
        let traits = Punctuated::<Derivable, Token![+]>::parse_separated_nonempty(input)?;
        Ok(Self {
            target: Some(Target::of(&path)),
            traits: traits.into_iter().collect(),
        })
    }
}

impl Parse for Derivable {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Self::new(&input.call(Path::parse_mod_style)?)
    }
}

impl Derivable {
    fn new(path: &Path) -> Result<Self> {
        let (shown, span) = (shown(path), path.span());
        let standard = standard(path);
        if standard.is_some_and(|name| GIVEN.iter().any(|given| name == given)) {
            let given = code_list(GIVEN, "and");
            let message =
                format!("found the derive `{shown}`: every message implements {given} already");
            return Err(Error::new(span, message));
        }
        let known = standard.and_then(Known::find);
        let path = match known {
            Some(known) => known.path(span),
            None if path.get_ident().is_some() => return Err(incomplete(&shown, span)),
            None => absolute(path)?,
        };
        Ok(Self {
            known,
            shown,
            path,
            span,
        })
    }
}

fn incomplete(name: &str, span: Span) -> Error {
    let message = format!(
        "found the derive `{name}`, expected one of {}, or a whole path, as in `::serde::Serialize`",
        code_list(&Known::ALL.map(|known| format!("{known:?}")), "and"),
    );
    Error::new(span, message)
}

/// Returns the name of a trait of the standard library, if a path can only mean such a trait.
fn standard(path: &Path) -> Option<&Ident> {
    let first = &path.segments.first()?.ident;
    let is_of_library = path.leading_colon.is_some() && (first == "core" || first == "std");
    if path.leading_colon.is_none() {
        return path.get_ident();
    }
    is_of_library.then(|| path.segments.last().map(|last| &last.ident))?
}
