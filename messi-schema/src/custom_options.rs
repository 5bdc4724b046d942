//! Interprets options that a schema declares: `(acme.option).part = value`.
//!
//! messi ignores them. They are checked like in protoc, and encoded for the descriptors.

mod fields;
mod refusal;
mod values;

use self::fields::{FieldRef, FieldType, Fields};
use self::refusal::Failure;
pub(crate) use self::refusal::Refusal;
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
    pub(crate) fn new(files: &'a [&'a File], symbols: &'a Symbols<'a>) -> Self {
        let fields = Fields { files, symbols };
        Self { fields }
    }

    /// Encodes an option as a field of the message of options. Returns `None` if its value has a
    /// type of `google.protobuf`, whose fields are not known here.
    ///
    /// # Errors
    ///
    /// The reason why the option is not valid.
    pub(crate) fn encode(
        &self,
        place: OptionPlace<'_>,
        setting: &Setting,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        match self.try_encode(place, setting) {
            Ok(encoded) => Ok(Some(encoded)),
            Err(Failure::Foreign) => Ok(None),
            Err(Failure::Refused(refusal)) => Err(refusal),
        }
    }

    /// Returns whether an option may be set several times.
    pub(crate) fn may_repeat(&self, place: OptionPlace<'_>, setting: &Setting) -> bool {
        let path = self.path(place, setting).unwrap_or_default();
        path.last().is_some_and(FieldRef::is_repeated)
    }

    fn try_encode(&self, place: OptionPlace<'_>, setting: &Setting) -> Result<Vec<u8>, Failure> {
        let path = self.path(place, setting)?;
        let what = format!("the option `{}`", setting.name.value);
        let values = Values::new(self.fields);
        let Some((last, around)) = path.split_last() else {
            return Err(unknown(setting).into());
        };
        let value = values.encode(last.value_type(self.fields)?, &setting.value, &what)?;
        let mut encoder = Encoder::default();
        encoder.field(last.number(), &value);
        for field in around.iter().rev() {
            let message = WireValue::Bytes(encoder.into_bytes());
            encoder = Encoder::default();
            encoder.field(field.number(), &message);
        }
        Ok(encoder.into_bytes())
    }

    /// Returns the fields that the name of an option leads through: the extension, and its parts.
    fn path(
        &self,
        place: OptionPlace<'_>,
        setting: &Setting,
    ) -> Result<Vec<FieldRef<'a>>, Failure> {
        let name = &setting.name.value;
        let Some((extension, parts)) = name.strip_prefix('(').and_then(|it| it.split_once(')'))
        else {
            return Err(unknown(setting).into());
        };
        let mut field = self.extension(place, setting, extension)?;
        let mut path = vec![field];
        for part in parts.split('.').filter(|part| !part.is_empty()) {
            let FieldType::Message(message) = field.value_type(self.fields)? else {
                let message =
                    format!("found `{part}` in the option `{name}`, but only messages have fields");
                return Err(Refusal::new(setting.name.position, message).into());
            };
            if field.is_repeated() {
                let message =
                    format!("found `{part}` in the option `{name}`, but its messages are a list");
                let help = "write each message as a value in braces";
                return Err(Refusal::new(setting.name.position, message)
                    .with_help(help)
                    .into());
            }
            field = self.fields.of_message(message, part).ok_or_else(|| {
                let message = format!(
                    "found the unknown field `{part}` of the message `{}`",
                    message.declaration.full_name
                );
                Refusal::new(setting.name.position, message)
            })?;
            path.push(field);
        }
        Ok(path)
    }

    /// Resolves the name of an extension, which must extend the options of the place.
    fn extension(
        &self,
        place: OptionPlace<'_>,
        setting: &Setting,
        name: &str,
    ) -> Result<FieldRef<'a>, Refusal> {
        let symbols = self.fields.symbols;
        let field = match symbols.resolve_extension(place.file, place.scope, name) {
            Meaning::Declared(_, full_name) => self.fields.extension(&full_name),
            _ => None,
        };
        let field = field.ok_or_else(|| unknown(setting))?;
        let expected = place.owner.message();
        match field.extendee(symbols) {
            Some(extendee) if extendee != expected => {
                let message = format!(
                    "found the option `{}` of `{extendee}`, expected one of `{expected}`",
                    setting.name.value
                );
                let help = format!("it can't be an option of {}", place.owner);
                Err(Refusal::new(setting.name.position, message).with_help(&help))
            }
            _ => Ok(field),
        }
    }
}

fn unknown(setting: &Setting) -> Refusal {
    let message = format!("found the unknown option `{}`", setting.name.value);
    let refusal = Refusal::new(setting.name.position, message);
    refusal.with_help("import the file that declares it in an `extend`")
}
