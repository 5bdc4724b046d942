//! The receiver of a response, as a mailbox knows it.

use std::fmt::Debug;

use messi_wire::RequestError;
use messi_wire::session::PendingResponse;

/// Receives the response to one request. Its methods wake the waiting task: they are called without a
/// lock.
pub(crate) trait Responder: Debug + Send {
    /// Returns whether the response is still awaited.
    fn is_awaited(&self) -> bool;

    /// Decodes the response and passes it on. Returns `false` if the message is left to the handler.
    fn respond(self: Box<Self>, payload: &[u8]) -> bool;

    /// Reports that there will be no response.
    fn fail(self: Box<Self>, error: RequestError);
}

pub(crate) type BoxResponder = Box<dyn Responder>;

impl PendingResponse for BoxResponder {
    fn is_awaited(&self) -> bool {
        (**self).is_awaited()
    }
}
