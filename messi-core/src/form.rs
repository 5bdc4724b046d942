//! The forms in which a handler can get the messages of its peer.
//!
//! A form is chosen by the expansion for each direction. [`OwnedForm`] is that of most protocols: prost decodes each
//! message out of the receive buffer, and only the message is kept. With [`SharingForm`], fields of the type `Bytes`
//! share the memory of a large payload. With [`BorrowedForm`], the message borrows from a [`HeldPayload`] beside it:
//! the receive buffer can't be borrowed, since the connection is served while the callback is pending.
//!
//! Each form decodes in no more ways than it needs: a program compiles each of them for each of its messages.

use std::marker::PhantomData;

use messi_wire::view::{self, Input, Malformed, View};
use prost::bytes::Bytes;
use prost::{DecodeError, Message};

use crate::held_payload::HeldPayload;

/// A form of received messages.
pub trait Form: 'static {
    /// The message, which may borrow from its place.
    type Message<'a>: Default + Send;

    /// The place that a message borrows from.
    type Place: Default + Send;

    /// Whether large payloads are shared rather than copied.
    const SHARES: bool;

    /// Decodes a payload that is in the receive buffer into an empty message.
    fn merge_slice<'a>(
        message: &mut Self::Message<'a>,
        payload: &[u8],
        place: &'a mut Self::Place,
    ) -> Result<(), DecodeError>;

    /// Decodes a payload that has memory of its own into an empty message. Called only if [`SHARES`](Self::SHARES).
    fn merge_shared<'a>(
        message: &mut Self::Message<'a>,
        payload: Bytes,
        place: &'a mut Self::Place,
    ) -> Result<(), DecodeError> {
        Self::merge_slice(message, &payload, place)
    }
}

/// Messages that own their content.
#[derive(Debug)]
pub struct OwnedForm<M>(PhantomData<M>);

impl<M: Message + Default + 'static> Form for OwnedForm<M> {
    type Message<'a> = M;
    type Place = ();
    const SHARES: bool = false;

    #[inline]
    fn merge_slice(message: &mut M, payload: &[u8], (): &mut ()) -> Result<(), DecodeError> {
        message.merge(payload)
    }
}

/// Messages that own their content, but for fields that share the memory of a large payload.
#[derive(Debug)]
pub struct SharingForm<M>(PhantomData<M>);

impl<M: Message + Default + 'static> Form for SharingForm<M> {
    type Message<'a> = M;
    type Place = ();
    const SHARES: bool = true;

    #[inline]
    fn merge_slice(message: &mut M, payload: &[u8], (): &mut ()) -> Result<(), DecodeError> {
        message.merge(payload)
    }

    #[inline]
    fn merge_shared(message: &mut M, payload: Bytes, (): &mut ()) -> Result<(), DecodeError> {
        message.merge(payload)
    }
}

/// A message with a form that borrows.
pub trait HasView: Message + Default + 'static {
    /// That form.
    type View<'a>: View<'a> + Send;
}

/// Messages that borrow from the received bytes.
#[derive(Debug)]
pub struct BorrowedForm<M>(PhantomData<M>);

impl<M: HasView> Form for BorrowedForm<M> {
    type Message<'a> = M::View<'a>;
    type Place = HeldPayload;
    const SHARES: bool = true;

    #[inline]
    fn merge_slice<'a>(
        message: &mut M::View<'a>,
        payload: &[u8],
        place: &'a mut HeldPayload,
    ) -> Result<(), DecodeError> {
        view::merge(message, Input::new(place.copy(payload)))
            .map_err(|Malformed| error_of::<M>(payload))
    }

    fn merge_shared<'a>(
        message: &mut M::View<'a>,
        payload: Bytes,
        place: &'a mut HeldPayload,
    ) -> Result<(), DecodeError> {
        let payload = place.share(payload);
        view::merge(message, Input::shared(payload)).map_err(|Malformed| error_of::<M>(payload))
    }
}

/// Returns the error of prost for a malformed message. It ends the connection, so that this is done once.
#[cold]
fn error_of<M: HasView>(payload: &[u8]) -> DecodeError {
    match M::decode(payload) {
        Err(error) => error,
        // Not seen: the fuzzer of views looks for it. This error is that of bytes that are no field.
        Ok(_) => <()>::decode(&[0][..]).expect_err("0 is the number of no field"),
    }
}
