//! Options of items.

/// The options of an item that are set. Those that a schema declares are in its descriptor alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    values: Vec<(&'static str, OptionValue)>,
    /// The options that the schema declares, encoded as fields of the message of options.
    pub(crate) custom: Vec<u8>,
    /// Whether the descriptor has a message of options even if it is empty.
    pub(crate) is_present: bool,
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionValue {
    /// `true` or `false`.
    Bool(bool),
    /// A text.
    Text(String),
    /// A value of an enum: `LITE_RUNTIME`.
    Enum(&'static str),
}

impl Options {
    pub(crate) fn new(
        values: Vec<(&'static str, OptionValue)>,
        custom: Vec<u8>,
        is_present: bool,
    ) -> Self {
        Self {
            values,
            custom,
            is_present,
        }
    }

    /// Returns the names and values, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// Returns the value of an option, if it is set: `go_package`.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        let mut options = self.iter();
        options.find(|(known, _)| *known == name).map(|it| it.1)
    }

    /// Returns whether the item is deprecated.
    pub fn is_deprecated(&self) -> bool {
        self.get("deprecated") == Some(&OptionValue::Bool(true))
    }

    /// Returns whether two values of an enum may have the same number.
    pub fn allows_aliases(&self) -> bool {
        self.get("allow_alias") == Some(&OptionValue::Bool(true))
    }
}
