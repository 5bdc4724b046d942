//! Decodes messages with strings and bytes that are borrowed from the received bytes.
//!
//! An expansion has the structs and implements [`View`] for them: a message is a `match` on the number of the next
//! field, with one call of [`Field`] for each. A view accepts the same input as the owned form, with the same result.
//! Numbers and members without views are decoded by prost. Strings, bytes, maps and messages with views have decoders
//! here, since prost's own would copy them.
//!
//! A refused message says no more than that it is [`Malformed`]: to find the reason, decode the owned form.

mod decoders;
mod depth;
mod input;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;

use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, skip_field};

pub use self::decoders::{bytes, message, owned, string};
pub use self::input::Input;

/// A message that borrows from the bytes it is decoded from.
pub trait View<'a>: Default {
    /// Decodes a field of the message, or skips it if the message has no such field.
    fn merge_field(&mut self, field: Field<'_, 'a>) -> Result<(), Malformed>;
}

/// A oneof that borrows from the bytes it is decoded from.
pub trait ViewOneof<'a>: Sized {
    /// Decodes a member. A message that the oneof holds already is merged, and anything else is replaced.
    fn merge_member(oneof: &mut Option<Self>, member: Field<'_, 'a>) -> Result<(), Malformed>;
}

impl<'a, V: View<'a>> View<'a> for Box<V> {
    fn merge_field(&mut self, field: Field<'_, 'a>) -> Result<(), Malformed> {
        (**self).merge_field(field)
    }
}

/// Bytes are not those of a message. The error of prost for the owned form says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl From<DecodeError> for Malformed {
    #[cold]
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// Decodes a message, and merges it into an earlier value.
///
/// # Errors
///
/// If prost refuses the bytes for the owned form.
#[inline]
pub fn merge<'a, V: View<'a>>(view: &mut V, mut input: Input<'a>) -> Result<(), Malformed> {
    while !input.is_empty() {
        let field = input.field()?;
        view.merge_field(field)?;
    }
    Ok(())
}

/// The next field of a message, with a value that is not decoded yet.
///
/// A decoder takes it and the place of the value: a function of this module, or one of prost in [`owned`].
#[derive(Debug)]
pub struct Field<'f, 'a> {
    number: u32,
    wire_type: WireType,
    input: &'f mut Input<'a>,
}

impl<'f, 'a> Field<'f, 'a> {
    /// Returns the number of the field.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Skips a field that the message does not have.
    pub fn skip(self) -> Result<(), Malformed> {
        let context = self.input.context();
        Ok(skip_field(
            self.wire_type,
            self.number,
            self.input,
            context,
        )?)
    }

    /// Decodes the value of a field.
    #[inline]
    pub fn merge<T>(
        self,
        value: &mut T,
        decoder: impl Fn(Self, &mut T) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        decoder(self, value)
    }

    /// Decodes the value of a field that may be absent.
    #[inline]
    pub fn optional<T: Default>(
        self,
        value: &mut Option<T>,
        decoder: impl Fn(Self, &mut T) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        decoder(self, value.get_or_insert_default())
    }

    /// Decodes a further value of a list that is never packed.
    #[inline]
    pub fn repeated<T: Default>(
        self,
        values: &mut Vec<T>,
        decoder: impl Fn(Self, &mut T) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut value = T::default();
        decoder(self, &mut value)?;
        values.push(value);
        Ok(())
    }

    /// Decodes a further entry of a map: a message with the key as field 1, and the value as field 2.
    pub fn map<K, V>(
        self,
        values: &mut HashMap<K, V>,
        key_decoder: impl Fn(Field<'_, 'a>, &mut K) -> Result<(), Malformed>,
        value_decoder: impl Fn(Field<'_, 'a>, &mut V) -> Result<(), Malformed>,
    ) -> Result<(), Malformed>
    where
        K: Default + Eq + Hash,
        V: Default,
    {
        let mut entry = self.message()?;
        let (mut key, mut value) = (K::default(), V::default());
        while !entry.is_empty() {
            let field = entry.field()?;
            match field.number {
                1 => key_decoder(field, &mut key)?,
                2 => value_decoder(field, &mut value)?,
                _ => field.skip()?,
            }
        }
        values.insert(key, value);
        Ok(())
    }

    /// Decodes a member of a oneof without a view, by the function that prost derives.
    pub fn owned_oneof<O>(
        self,
        oneof: &mut Option<O>,
        merge: impl FnOnce(
            &mut Option<O>,
            u32,
            WireType,
            &mut Input<'a>,
            DecodeContext,
        ) -> Result<(), DecodeError>,
    ) -> Result<(), Malformed> {
        let context = self.input.context();
        Ok(merge(
            oneof,
            self.number,
            self.wire_type,
            self.input,
            context,
        )?)
    }

    /// Returns the input at a value with a size, unless the wire type is another.
    #[inline]
    fn checked(self) -> Result<&'f mut Input<'a>, Malformed> {
        match self.wire_type {
            WireType::LengthDelimited => Ok(self.input),
            _ => Err(Malformed),
        }
    }

    /// Takes a value with a size.
    #[inline]
    fn delimited(self) -> Result<&'a [u8], Malformed> {
        self.checked()?.delimited()
    }

    /// Takes a message, as the input of its own fields.
    #[inline]
    fn message(self) -> Result<Input<'a>, Malformed> {
        self.checked()?.message()
    }
}
