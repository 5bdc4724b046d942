//! The values of options.

use crate::ast::Setting;
use crate::custom_options::{Interpreter, OptionPlace};
use crate::lexer::unescape;
use crate::model::{OptionValue, Options};
use crate::options::{JSON_NAME, OptionType};

/// Lowers the options of an item, but for `json_name`. `is_present` is for [`Options::is_present`].
pub(super) fn lower(
    interpreter: &Interpreter<'_>,
    place: OptionPlace<'_>,
    settings: &[Setting],
    is_present: bool,
) -> Options {
    let standard = settings.iter().filter(|it| it.name.value != JSON_NAME);
    let values = standard.filter_map(|setting| {
        let known = place.owner.find(&setting.name.value)?;
        Some((known.name, value(&known.ty, &setting.value.text)?))
    });
    let custom = settings.iter().filter(|it| it.is_custom());
    let encoded = custom.filter_map(|setting| interpreter.encode(place, setting));
    Options::new(values.collect(), encoded.flatten().collect(), is_present)
}

/// Returns a value of the type of its option. The check of options has refused all others.
fn value(ty: &OptionType, text: &str) -> Option<OptionValue> {
    Some(match ty {
        OptionType::Bool => OptionValue::Bool(text.parse().ok()?),
        OptionType::Text => {
            let bytes = unescape(text);
            OptionValue::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        OptionType::Enum(values) => {
            let mut values = values.iter();
            OptionValue::Enum(values.find(|(name, _)| *name == text)?.0)
        }
    })
}
