//! Errors that can be cloned and compared.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::io;
use std::ops::Deref;
use std::sync::Arc;

/// An error that can be cloned and compared, although its type can't.
///
/// It dereferences to the error: `io::Error` keeps its methods, and an error of any type can be downcast.
/// Clones share one error. Two errors are equal if they have the same text.
///
/// It is the source of other errors, and no error by itself: [`Error::source`] returns the error inside.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// # use messi_wire as messi;
/// use messi::SharedError;
///
/// let error: SharedError<io::Error> = io::Error::from(io::ErrorKind::AddrInUse).into();
/// assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
///
/// let error: SharedError = io::Error::from(io::ErrorKind::AddrInUse).into();
/// assert!(error.downcast_ref::<io::Error>().is_some());
/// ```
pub struct SharedError<E: ?Sized = dyn Error + Send + Sync>(Arc<E>);

impl<E: ?Sized> Clone for SharedError<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: ?Sized> Deref for SharedError<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.0
    }
}

impl<E: Display + ?Sized> PartialEq for SharedError<E> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.to_string() == other.0.to_string()
    }
}

impl<E: Display + ?Sized> Eq for SharedError<E> {}

impl<E: Debug + ?Sized> Debug for SharedError<E> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, formatter)
    }
}

impl<E: Display + ?Sized> Display for SharedError<E> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, formatter)
    }
}

impl From<io::Error> for SharedError<io::Error> {
    fn from(error: io::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for SharedError {
    fn from(error: E) -> Self {
        Self(Arc::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(kind: io::ErrorKind) -> SharedError<io::Error> {
        io::Error::from(kind).into()
    }

    #[test]
    fn errors_of_the_same_text_are_equal() {
        let error = shared(io::ErrorKind::TimedOut);
        assert_eq!(error, error.clone());
        assert_eq!(error, shared(io::ErrorKind::TimedOut));
        assert_ne!(error, shared(io::ErrorKind::AddrInUse));
    }
}
