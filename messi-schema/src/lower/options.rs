//! The values of options.

use crate::ast::Setting;
use crate::lexer::unescape;
use crate::model::{OptionValue, Options};
use crate::options::{JSON_NAME, OptionOwner, OptionType};

/// Lowers the options of an item, but for those that the schema declares and for `json_name`.
/// `is_present` is for [`Options::is_present`].
pub(super) fn of(owner: OptionOwner, settings: &[Setting], is_present: bool) -> Options {
    let standard = settings.iter().filter(|it| it.name.value != JSON_NAME);
    let values = standard.filter_map(|setting| {
        let known = owner.find(&setting.name.value)?;
        Some((known.name, value(&known.ty, &setting.value.value)?))
    });
    Options::new(values.collect(), is_present)
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
