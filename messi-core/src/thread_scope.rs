//! The current activity of a thread, for the code that it calls.

use std::cell::Cell;
use std::thread::LocalKey;

/// Sets a value of this thread until it is dropped, even by a panic.
pub(crate) struct ThreadScope<T: Copy + 'static> {
    value: &'static LocalKey<Cell<T>>,
    /// The value of the scope around this one: a callback or a waker may poll another task within a poll.
    outer: T,
}

impl<T: Copy> ThreadScope<T> {
    /// Enters a scope with this value.
    #[inline]
    pub(crate) fn enter(value: &'static LocalKey<Cell<T>>, inner: T) -> Self {
        let outer = value.replace(inner);
        Self { value, outer }
    }
}

impl<T: Copy> Drop for ThreadScope<T> {
    #[inline]
    fn drop(&mut self) {
        // Scopes end in the reverse order of their begins, since each belongs to one poll.
        self.value.set(self.outer);
    }
}
