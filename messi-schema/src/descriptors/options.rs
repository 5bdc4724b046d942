//! Descriptors of options.

use crate::encoder::Encoder;
use crate::model::{OptionValue, Options};
use crate::options::{OptionOwner, OptionType};

/// Writes the message of the options of an item, if any is set.
pub(super) fn write(field: u32, owner: OptionOwner, options: &Options, out: &mut Encoder) {
    let known = options.iter().filter_map(|(name, value)| {
        let known = owner.find(name)?;
        Some((known, value))
    });
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(known, _)| known.number);
    let mut message = Encoder::default();
    for (known, value) in known {
        match (value, &known.ty) {
            (OptionValue::Bool(value), _) => message.number(known.number, u64::from(*value)),
            (OptionValue::Text(text), _) => message.text(known.number, text),
            (OptionValue::Enum(name), OptionType::Enum(values)) => {
                let mut values = values.iter();
                let number = values.find(|(it, _)| it == name).map_or(0, |it| it.1);
                message.number(known.number, number.into());
            }
            (OptionValue::Enum(_), _) => {}
        }
    }
    message.append(&options.custom);
    if options.is_present || !message.is_empty() {
        out.bytes(field, &message.into_bytes());
    }
}
