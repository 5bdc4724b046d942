//! The ids of entries.

use std::str;

use ::redis::Value;

use crate::error::Failure;

/// The id of an entry: the time of the server at which it was added, and a number. Later entries have larger ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    milliseconds: u64,
    number: u64,
}

impl Id {
    /// Returns the id in an answer of a server.
    pub(super) fn of(answer: &Value) -> Result<Self, Failure> {
        let Value::BulkString(text) = answer else {
            return Err(Failure::invalid_answer());
        };
        Self::parse(text).ok_or_else(Failure::invalid_answer)
    }

    /// Returns the id in a list of the last entry. Of an empty stream it is less than all others.
    pub(super) fn of_last(answer: &Value) -> Result<Self, Failure> {
        let Value::Array(entries) = answer else {
            return Err(Failure::invalid_answer());
        };
        match entries.as_slice() {
            [] => Ok(Self::default()),
            [Value::Array(entry)] => Self::of(entry.first().unwrap_or(&Value::Nil)),
            _ => Err(Failure::invalid_answer()),
        }
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let (milliseconds, number) = str::from_utf8(text).ok()?.split_once('-')?;
        Some(Self {
            milliseconds: milliseconds.parse().ok()?,
            number: number.parse().ok()?,
        })
    }

    #[cfg(test)]
    pub(super) fn of_number(number: u64) -> Self {
        Self {
            milliseconds: 0,
            number,
        }
    }

    /// Returns the text of the id.
    pub(super) fn text(self) -> String {
        format!("{}-{}", self.milliseconds, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Result<Id, Failure> {
        Id::of(&Value::BulkString(text.into()))
    }

    #[test]
    fn ids_are_ordered_by_time_and_number() {
        let [first, second, third] = ["9-10", "10-9", "10-10"].map(|it| id(it).unwrap());
        assert!(Id::default() < first && first < second && second < third);
        assert_eq!(third.text(), "10-10");
    }

    #[test]
    fn answers_without_an_id_are_refused() {
        for text in ["", "1", "1-", "-1", "1-x", "99999999999999999999-0"] {
            assert!(id(text).is_err(), "{text}");
        }
        assert!(Id::of(&Value::Nil).is_err());
        assert!(Id::of_last(&Value::Nil).is_err());
        assert!(Id::of_last(&Value::Array(vec![Value::Array(Vec::new())])).is_err());
    }
}
