//! Lines that handlers have noted.

use std::sync::{Arc, Mutex};

/// Lines that handlers have noted. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(super) fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().drain(..).collect()
    }
}
