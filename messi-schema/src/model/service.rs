//! Services.

use super::field::Type;
use super::options::Options;
use crate::comments::Comments;
use crate::position::Position;

/// A service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Service {
    /// The name: `Greeter`.
    pub name: String,
    /// The name with its scope: `acme.Greeter`.
    pub full_name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// The methods in the order of declaration.
    pub methods: Vec<Method>,
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Method {
    /// The name: `SayHello`.
    pub name: String,
    /// The place of the name.
    pub position: Position,
    /// The comments.
    pub comments: Comments,
    /// The options.
    pub options: Options,
    /// The type of its requests.
    pub request: Type,
    /// Whether it takes a stream of requests.
    pub is_client_streaming: bool,
    /// The type of its responses.
    pub response: Type,
    /// Whether it gives a stream of responses.
    pub is_server_streaming: bool,
}
