//! Lists a message as lines of text, one for each field, so that two implementations can be compared
//! field by field.
//!
//! A line has the numbers of the fields up to this one, and the value: `.8.1[0] = 7`. Floating point
//! numbers are listed as their bits, except that all NaNs are equal and zeros have no sign. Fields with
//! presence are listed if they are set, all others always. `peer.py` does the same.

use std::collections::{BTreeMap, HashMap};

/// Returns the sorted lines of a message.
pub(crate) fn list(message: &impl Listed) -> Vec<String> {
    let mut listing = Listing::default();
    message.list(&mut listing);
    listing.lines.sort();
    listing.lines
}

/// A value that can be listed.
pub(crate) trait Listed {
    fn list(&self, listing: &mut Listing);
}

/// The lines so far, and the path of the next value.
#[derive(Default)]
pub(crate) struct Listing {
    path: String,
    lines: Vec<String>,
}

impl Listing {
    /// Lists the field with the given number.
    pub(crate) fn field(&mut self, number: u32, value: &impl Listed) {
        self.at(&format!(".{number}"), value);
    }

    /// Lists the presence of a message.
    pub(crate) fn message(&mut self) {
        self.value("{}");
    }

    fn at(&mut self, step: &str, value: &impl Listed) {
        let length = self.path.len();
        self.path += step;
        value.list(self);
        self.path.truncate(length);
    }

    fn value(&mut self, text: &str) {
        self.lines.push(format!("{} = {text}", self.path));
    }
}

/// A value that takes one line, and may be the key of a map.
trait Leaf {
    fn text(&self) -> String;
}

macro_rules! leaf {
    ($type:ty, $value:ident => $text:expr) => {
        impl Leaf for $type {
            fn text(&self) -> String {
                let $value = self;
                $text
            }
        }

        impl Listed for $type {
            fn list(&self, listing: &mut Listing) {
                listing.value(&self.text());
            }
        }
    };
}

leaf!(bool, value => value.to_string());
leaf!(i32, value => value.to_string());
leaf!(i64, value => value.to_string());
leaf!(u32, value => value.to_string());
leaf!(u64, value => value.to_string());
// -0 + 0 is 0.
leaf!(f32, value => if value.is_nan() { "nan".into() } else { hex(&(value + 0.0).to_be_bytes()) });
leaf!(f64, value => if value.is_nan() { "nan".into() } else { hex(&(value + 0.0).to_be_bytes()) });
leaf!(String, value => hex(value.as_bytes()));
leaf!(Vec<u8>, value => hex(value));

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `google.protobuf.Empty`.
impl Listed for () {
    fn list(&self, listing: &mut Listing) {
        listing.message();
    }
}

impl<T: Listed> Listed for Box<T> {
    fn list(&self, listing: &mut Listing) {
        (**self).list(listing);
    }
}

impl<T: Listed> Listed for Option<T> {
    fn list(&self, listing: &mut Listing) {
        if let Some(value) = self {
            value.list(listing);
        }
    }
}

impl<T: Listed> Listed for Vec<T> {
    fn list(&self, listing: &mut Listing) {
        for (index, element) in self.iter().enumerate() {
            listing.at(&format!("[{index}]"), element);
        }
    }
}

impl<K: Leaf, V: Listed> Listed for HashMap<K, V> {
    fn list(&self, listing: &mut Listing) {
        list_entries(self, listing);
    }
}

impl<K: Leaf, V: Listed> Listed for BTreeMap<K, V> {
    fn list(&self, listing: &mut Listing) {
        list_entries(self, listing);
    }
}

fn list_entries<'a, K: Leaf + 'a, V: Listed + 'a>(
    entries: impl IntoIterator<Item = (&'a K, &'a V)>,
    listing: &mut Listing,
) {
    for (key, value) in entries {
        listing.at(&format!("<{}>", key.text()), value);
    }
}
