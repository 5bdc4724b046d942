//! Decodes messages whose strings and bytes are borrowed from the received bytes.
//!
//! An expansion has the structs and implements [`View`] for them: a message is a `match` on the number of the next
//! field, with one call of [`Field`] for each. All that concerns the encoding is left to prost, so that a view accepts
//! what the owned form accepts, with the same result, and refuses the rest with the same error. Only strings, bytes
//! and messages with views have a decoder here, since prost's own would copy them.

mod decoders;
mod input;
mod nested;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;

use prost::DecodeError;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, check_wire_type, decode_key, hash_map, skip_field};

pub use self::decoders::{bytes, message, string};
pub use self::input::Input;

/// A message that borrows from the bytes it is decoded from.
pub trait View<'a>: Default {
    /// The name of the owned form in Rust, for errors.
    const NAME: &'static str;

    /// Decodes a field of the message, or skips it if the message has no such field.
    fn merge_field(&mut self, field: Field<'_, 'a>) -> Result<(), DecodeError>;
}

/// A oneof that borrows from the bytes it is decoded from.
pub trait ViewOneof<'a>: Sized {
    /// Decodes a member. A message that the oneof holds already is merged, and anything else is replaced.
    fn merge_member(oneof: &mut Option<Self>, member: Field<'_, 'a>) -> Result<(), DecodeError>;
}

impl<'a, V: View<'a>> View<'a> for Box<V> {
    const NAME: &'static str = V::NAME;

    fn merge_field(&mut self, field: Field<'_, 'a>) -> Result<(), DecodeError> {
        (**self).merge_field(field)
    }
}

/// Decodes a message into an empty one.
///
/// # Errors
///
/// Those of prost for the owned form.
#[inline]
pub fn merge<'a, V: View<'a>>(view: &mut V, mut input: Input<'a>) -> Result<(), DecodeError> {
    while input.has_remaining() {
        merge_next(view, &mut input, DecodeContext::default())?;
    }
    Ok(())
}

/// Decodes the next field of a message.
#[inline]
fn merge_next<'a, V: View<'a>>(
    view: &mut V,
    input: &mut Input<'a>,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let (number, wire_type) = decode_key(input)?;
    view.merge_field(Field {
        message: V::NAME,
        number,
        wire_type,
        input,
        context,
    })
}

/// The next field of a message, whose value is not decoded yet.
///
/// A decoder is a function of prost, or one of this module.
#[derive(Debug)]
pub struct Field<'f, 'a> {
    message: &'static str,
    number: u32,
    wire_type: WireType,
    input: &'f mut Input<'a>,
    context: DecodeContext,
}

impl<'a> Field<'_, 'a> {
    /// Returns the number of the field.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Skips a field that the message does not have.
    pub fn skip(self) -> Result<(), DecodeError> {
        skip_field(self.wire_type, self.number, self.input, self.context)
    }

    /// Decodes the value of a field with this name.
    #[inline]
    pub fn merge<T>(
        self,
        name: &'static str,
        value: &mut T,
        decoder: impl FnOnce(WireType, &mut T, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let message = self.message;
        self.decode(value, decoder)
            .map_err(|error| located(error, message, name))
    }

    /// Decodes the value of a field that may be absent.
    #[inline]
    pub fn optional<T: Default>(
        self,
        name: &'static str,
        value: &mut Option<T>,
        decoder: impl FnOnce(WireType, &mut T, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.merge(name, value.get_or_insert_default(), decoder)
    }

    /// Decodes a further value of a list that is never packed.
    #[inline]
    pub fn repeated<T: Default>(
        self,
        name: &'static str,
        values: &mut Vec<T>,
        decoder: impl FnOnce(WireType, &mut T, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let mut value = T::default();
        self.merge(name, &mut value, decoder)?;
        values.push(value);
        Ok(())
    }

    /// Decodes a further entry of a map.
    pub fn map<K, V>(
        self,
        name: &'static str,
        values: &mut HashMap<K, V>,
        key: impl Fn(WireType, &mut K, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
        value: impl Fn(WireType, &mut V, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError>
    where
        K: Default + Eq + Hash + Ord,
        V: Default,
    {
        self.merge(name, values, |wire_type, values, input, context| {
            check_wire_type(WireType::LengthDelimited, wire_type)?;
            hash_map::merge(key, value, values, input, context)
        })
    }

    /// Decodes a member of a oneof with this name.
    #[inline]
    pub fn oneof<O: ViewOneof<'a>>(
        self,
        name: &'static str,
        oneof: &mut Option<O>,
    ) -> Result<(), DecodeError> {
        let message = self.message;
        O::merge_member(oneof, self).map_err(|error| located(error, message, name))
    }

    /// Decodes a member of a oneof without a view, by the function that prost derives.
    pub fn owned_oneof<O>(
        self,
        name: &'static str,
        oneof: &mut Option<O>,
        merge: impl FnOnce(
            &mut Option<O>,
            u32,
            WireType,
            &mut Input<'a>,
            DecodeContext,
        ) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let number = self.number;
        self.merge(name, oneof, |wire_type, oneof, input, context| {
            merge(oneof, number, wire_type, input, context)
        })
    }

    /// Decodes the value of a member. Its errors are located by the oneof.
    #[inline]
    pub fn decode<T>(
        self,
        value: &mut T,
        decoder: impl FnOnce(WireType, &mut T, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        decoder(self.wire_type, value, self.input, self.context)
    }

    /// Decodes the value of a member that the oneof does not hold yet.
    #[inline]
    pub fn decode_new<T: Default>(
        self,
        decoder: impl FnOnce(WireType, &mut T, &mut Input<'a>, DecodeContext) -> Result<(), DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut value = T::default();
        self.decode(&mut value, decoder)?;
        Ok(value)
    }
}

/// Adds the place of an error, as the code that prost derives does.
#[cold]
fn located(mut error: DecodeError, message: &'static str, field: &'static str) -> DecodeError {
    error.push(message, field);
    error
}
