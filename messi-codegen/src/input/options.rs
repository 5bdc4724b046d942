//! The options of the macro.

use messi_schema::code_list;
use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result, Token, braced, bracketed, parenthesized, token};

use crate::config::{BytesType, Config, Handlers, Side, parse_absolute, parse_list};

/// Parses the value of an option into the configuration.
type Read = fn(&mut Config, ParseStream<'_>) -> Result<()>;

/// Every option with its parser.
const OPTIONS: &[(&str, Read)] = &[
    ("attributes", attributes),
    ("bytes", bytes),
    (CRATE, krate),
    ("derive", derive),
    ("extern", externs),
    ("handlers", handlers),
    ("include", include),
    ("rename", rename),
    ("requests", requests),
    ("side", side),
    ("views", views),
];

const CRATE: &str = "crate";

/// The options, and their errors.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) config: Config,
    pub(super) mistakes: Vec<Error>,
    /// The names of the options so far.
    names: Vec<&'static str>,
}

impl Options {
    /// Parses all options. Only an error of the option `crate` is returned: without its path, every
    /// item would be wrong.
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

/// Skips to the next option.
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

/// Returns an error if the expected token is missing.
fn expect(is_there: bool, what: &str, input: ParseStream<'_>) -> Result<()> {
    if is_there {
        Ok(())
    } else {
        Err(input.error(format!("expected {what}")))
    }
}

/// Parses `crate = ::renamed`.
fn krate(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    config.krate = parse_absolute(input)?;
    Ok(())
}

/// Parses `include = ["../protos"]`.
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
    let directories = parse_list::<LitStr>(&directories)?;
    config.include = directories.iter().map(|it| it.value().into()).collect();
    Ok(())
}

/// Parses `side = client`.
fn side(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let sides = [
        ("client", Side::Client),
        ("server", Side::Server),
        ("both", Side::Both),
    ];
    config.side = one_of("side", &sides, input)?;
    Ok(())
}

/// Parses `bytes = Bytes`.
fn bytes(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let types = [("Vec", BytesType::Vec), ("Bytes", BytesType::Bytes)];
    config.bytes = one_of("type", &types, input)?;
    Ok(())
}

/// Parses `handlers = required`.
fn handlers(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let handlers = [
        ("optional", Handlers::Optional),
        ("required", Handlers::Required),
    ];
    config.handlers = one_of("value", &handlers, input)?;
    Ok(())
}

/// Parses `requests = none` or `requests = except [foo_req]`.
fn requests(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    config.requests = input.parse()?;
    Ok(())
}

/// Parses `views = [MessageInd]`.
fn views(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    let is_list = input.peek(token::Bracket);
    expect(is_list, "messages in brackets, as in `[MessageInd]`", input)?;
    let messages;
    bracketed!(messages in input);
    config.views = parse_list(&messages)?;
    Ok(())
}

/// Parses `derive(Eq, ConnectReq: Hash)`.
fn derive(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let expected = "derives in parentheses, as in `derive(Eq, Hash)`";
    config.derives = in_parentheses(expected, input)?;
    Ok(())
}

/// Parses `attributes(ConnectReq.user: #[serde(skip)])`.
fn attributes(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    let expected = "attributes in parentheses, as in `attributes(ConnectReq: #[serde(default)])`";
    config.attributes = in_parentheses(expected, input)?;
    Ok(())
}

/// Parses `extern = { "acme.types" => crate::types }`.
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
    config.externs = parse_list(&packages)?;
    Ok(())
}

/// Parses `rename = { "chat.ChatClient" => ClientInfo }`.
fn rename(config: &mut Config, input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    let is_map = input.peek(token::Brace);
    expect(
        is_map,
        "items in braces, as in `{ \"chat.ChatClient\" => ClientInfo }`",
        input,
    )?;
    let renames;
    braced!(renames in input);
    config.renames = parse_list(&renames)?;
    Ok(())
}

/// Parses a list in parentheses.
fn in_parentheses<T: Parse>(expected: &str, input: ParseStream<'_>) -> Result<Vec<T>> {
    expect(input.peek(token::Paren), expected, input)?;
    let list;
    parenthesized!(list in input);
    let parsed = parse_list(&list);
    // The rest after an error would be reported in its place.
    while !list.is_empty() {
        list.parse::<TokenTree>()?;
    }
    parsed
}

/// Parses `= name`, with one of the names.
fn one_of<T: Copy>(what: &str, values: &[(&str, T)], input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    expect(input.peek(Ident::peek_any), &code_list(&names, "or"), input)?;
    let found = input.call(Ident::parse_any)?;
    let mut values = values.iter();
    if let Some((_, value)) = values.find(|(name, _)| found == name) {
        return Ok(*value);
    }
    let known = code_list(&names, "and");
    let message = format!("found the unknown {what} `{found}`: there are {known}");
    Err(Error::new(found.span(), message))
}
