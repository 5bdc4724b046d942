//! The options of the macro.

use messi_schema::code_list;
use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Error, LitStr, Result, Token, braced, bracketed, parenthesized, token};

use crate::config::{BytesType, Config, Derive, Extern, Side, parse_absolute};

/// Reads an option, from behind its name.
type Read = fn(&mut Config, ParseStream<'_>) -> Result<()>;

/// Every option, by name.
const OPTIONS: &[(&str, Read)] = &[
    ("bytes", bytes),
    (CRATE, krate),
    ("derive", derive),
    ("extern", externs),
    ("include", include),
    ("side", side),
];

const CRATE: &str = "crate";

/// What the options say, and what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) config: Config,
    pub(super) mistakes: Vec<Error>,
    /// The names of those that were read.
    names: Vec<&'static str>,
}

impl Options {
    /// Parses all options. An error is one after which nothing can be expanded: without the path
    /// of the crate, every item would be wrong.
    pub(super) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let is_crate = input.peek(Token![crate]);
            match options.option(input) {
                Err(mistake) if is_crate => return Err(mistake),
                Err(mistake) => {
                    options.mistakes.push(mistake);
                    skip(input)?;
                }
                Ok(()) => {}
            }
        }
        Ok(options)
    }

    fn option(&mut self, input: ParseStream<'_>) -> Result<()> {
        let Ok(name) = input.call(Ident::parse_any) else {
            return Err(input.error(format!("expected an option: {}", known())));
        };
        let mut options = OPTIONS.iter();
        let Some((known_name, read)) = options.find(|(known, _)| name == known) else {
            let message = format!("found the unknown option `{name}`: {}", known());
            return Err(Error::new(name.span(), message));
        };
        if self.names.contains(known_name) {
            let message = format!("found the option `{name}` twice");
            return Err(Error::new(name.span(), message));
        }
        self.names.push(known_name);
        read(&mut self.config, input)
    }
}

/// Goes on to the next option.
fn skip(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn known() -> String {
    let names: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
    format!("the options are {}", code_list(&names, "and"))
}

/// An error where an option does not go on as it should.
fn expect(is_there: bool, what: &str, input: ParseStream<'_>) -> Result<()> {
    if is_there {
        Ok(())
    } else {
        Err(input.error(format!("expected {what}")))
    }
}

/// `crate = ::renamed`.
fn krate(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    config.krate = parse_absolute(input)?;
    Ok(())
}

/// `include = ["../protos"]`.
fn include(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    let is_list = input.peek(token::Bracket);
    expect(
        is_list,
        "directories in brackets, as in `[\"../protos\"]`",
        input,
    )?;
    let directories;
    bracketed!(directories in input);
    let directories = Punctuated::<LitStr, Token![,]>::parse_terminated(&directories)?;
    config.include = directories.iter().map(|it| it.value().into()).collect();
    Ok(())
}

/// `side = client`.
fn side(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let sides = [
        ("client", Side::Client),
        ("server", Side::Server),
        ("both", Side::Both),
    ];
    config.side = choice("side", &sides, input)?;
    Ok(())
}

/// `bytes = Bytes`.
fn bytes(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let types = [("Vec", BytesType::Vec), ("Bytes", BytesType::Bytes)];
    config.bytes = choice("type", &types, input)?;
    Ok(())
}

/// `derive(Eq, ConnectReq: Hash)`.
fn derive(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let is_list = input.peek(token::Paren);
    expect(
        is_list,
        "derives in parentheses, as in `derive(Eq, Hash)`",
        input,
    )?;
    let derives;
    parenthesized!(derives in input);
    config.derives = Derive::parse_list(&derives)?;
    Ok(())
}

/// `extern = { "acme.types" => crate::types }`.
fn externs(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    let is_map = input.peek(token::Brace);
    expect(
        is_map,
        "packages in braces, as in `{ \"acme.types\" => crate::types }`",
        input,
    )?;
    let packages;
    braced!(packages in input);
    let packages = Punctuated::<Extern, Token![,]>::parse_terminated(&packages)?;
    config.externs = packages.into_iter().collect();
    Ok(())
}

/// `= name`, for one of the names.
fn choice<T: Copy>(what: &str, choices: &[(&str, T)], input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    expect(input.peek(Ident::peek_any), &code_list(&names, "or"), input)?;
    let found = input.call(Ident::parse_any)?;
    let mut choices = choices.iter();
    if let Some((_, choice)) = choices.find(|(name, _)| found == name) {
        return Ok(*choice);
    }
    let known = code_list(&names, "and");
    let message = format!("found the unknown {what} `{found}`: there are {known}");
    Err(Error::new(found.span(), message))
}
