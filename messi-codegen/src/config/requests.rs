//! The members that are requests.

use std::borrow::Cow;

use messi_schema::code_list;
use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, bracketed, token};

use super::list::parse_list;
use crate::model::{Protocol, Request};

/// Which members `foo_req` with a `foo_rsp` are requests.
#[derive(Clone, Debug, Default)]
pub(crate) enum Requests {
    /// All of them.
    #[default]
    All,
    /// None of them.
    None,
    /// All but these.
    Except(Vec<Exception>),
}

/// A member that is no request, though it has the name of one.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    name: String,
    span: Span,
}

impl Exception {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            span: Span::call_site(),
        }
    }
}

impl Parse for Requests {
    /// Parses `none` or `except [foo_req]`.
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected = "expected `none`, or members as in `except [foo_req]`";
        let word: Ident = input.parse().map_err(|_| input.error(expected))?;
        if word == "none" {
            return Ok(Self::None);
        }
        if word != "except" || !input.peek(token::Bracket) {
            return Err(Error::new(word.span(), expected));
        }
        let members;
        bracketed!(members in input);
        let members = parse_list::<Ident>(&members)?;
        let exceptions = members.into_iter().map(|member| Exception {
            name: member.to_string(),
            span: member.span(),
        });
        Ok(Self::Except(exceptions.collect()))
    }
}

impl Requests {
    /// Removes the requests that are not selected from a protocol.
    pub(crate) fn select<'p>(&self, protocol: &'p Protocol) -> Cow<'p, Protocol> {
        if matches!(self, Self::All) {
            return Cow::Borrowed(protocol);
        }
        let mut protocol = protocol.clone();
        protocol.client_requests.retain(|it| self.includes(it));
        protocol.server_requests.retain(|it| self.includes(it));
        Cow::Owned(protocol)
    }

    fn includes(&self, request: &Request) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Except(exceptions) => exceptions.iter().all(|it| it.name != request.request.name),
        }
    }

    /// Returns the errors of the exceptions.
    pub(super) fn check(&self, protocol: &Protocol) -> Vec<Error> {
        let Self::Except(exceptions) = self else {
            return Vec::new();
        };
        let requests = protocol.client_requests.iter();
        let requests = requests.chain(&protocol.server_requests);
        let names: Vec<&str> = requests.map(|it| it.request.name.as_str()).collect();
        let unknown = exceptions.iter().filter(|it| !names.contains(&&*it.name));
        let mistakes = unknown.map(|Exception { name, span }| {
            let known = match names.as_slice() {
                [] => "the schema has no requests".into(),
                names => format!("the requests are {}", code_list(names, "and")),
            };
            Error::new(
                *span,
                format!("found `{name}`, which is no request: {known}"),
            )
        });
        mistakes.collect()
    }
}
