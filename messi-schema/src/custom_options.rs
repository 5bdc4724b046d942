//! Interprets options that a schema declares: `(acme.option).part = value`.
//!
//! messi ignores them, and encodes those that it can for the descriptors. An option is left out there if its
//! name or a name in its value does not resolve, or if its value is not of its type: protoc reports that, but
//! messi would refuse whatever it does not know, such as the fields of `google.protobuf`.

mod fields;
mod values;

use self::fields::{FieldRef, FieldType, Fields};
use self::values::Values;
use crate::ast::{File, Setting};
use crate::encoder::{Encoder, WireValue};
use crate::options::OptionOwner;
use crate::resolve::{Meaning, Symbols};

/// The item that an option belongs to.
#[derive(Clone, Copy)]
pub(crate) struct OptionPlace<'p> {
    pub(crate) file: &'p File,
    /// The full name of the item, in which the names of options are resolved.
    pub(crate) scope: &'p str,
    pub(crate) owner: OptionOwner,
}

/// Interprets options with the declarations of all files.
pub(crate) struct Interpreter<'a> {
    fields: Fields<'a>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(symbols: &'a Symbols<'a>) -> Self {
        let fields = Fields { symbols };
        Self { fields }
    }

    /// Encodes an option as a field of the message of options.
    pub(crate) fn encode(&self, place: OptionPlace<'_>, setting: &Setting) -> Option<Vec<u8>> {
        let path = self.path(place, &setting.name.value)?;
        let (last, around) = path.split_last()?;
        let values = Values::new(self.fields);
        let value = values.encode(last.value_type(self.fields)?, &setting.value)?;
        let mut encoder = Encoder::default();
        encoder.field(last.number(), &value);
        for field in around.iter().rev() {
            let message = WireValue::Bytes(encoder.into_bytes());
            encoder = Encoder::default();
            encoder.field(field.number(), &message);
        }
        Some(encoder.into_bytes())
    }

    /// Returns the fields that the name of an option leads through: the extension, and its parts.
    fn path(&self, place: OptionPlace<'_>, name: &str) -> Option<Vec<FieldRef<'a>>> {
        let (extension, parts) = name.strip_prefix('(')?.split_once(')')?;
        let mut field = self.extension(place, extension)?;
        let mut path = vec![field];
        for part in parts.split('.').filter(|part| !part.is_empty()) {
            let FieldType::Message(message) = field.value_type(self.fields)? else {
                return None;
            };
            if field.is_repeated() {
                return None;
            }
            field = self.fields.of_message(message, part)?;
            path.push(field);
        }
        Some(path)
    }

    /// Resolves the name of an extension, which must extend the options of the place.
    fn extension(&self, place: OptionPlace<'_>, name: &str) -> Option<FieldRef<'a>> {
        let symbols = self.fields.symbols;
        let meaning = symbols.resolve_extension(place.file, place.scope, name);
        let Meaning::Declared(_, full_name) = meaning else {
            return None;
        };
        let field = self.fields.extension(&full_name)?;
        let fits = field.extendee(symbols)? == place.owner.message();
        fits.then_some(field)
    }
}
