//! Listeners that the program has bound itself.

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use super::os::OsListener;
#[cfg(unix)]
use super::unix;

/// A listener of the standard library, for [`Server::from_listener`](crate::Server::from_listener).
///
/// It is made of a [`TcpListener`] and, on Unix, of a `UnixListener`.
///
/// # Examples
///
/// ```
/// use std::net::TcpListener;
///
/// use messi::BoundListener;
///
/// # fn main() -> std::io::Result<()> {
/// let listener = BoundListener::from(TcpListener::bind("127.0.0.1:0")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BoundListener(Bound);

#[derive(Clone, Debug)]
enum Bound {
    Tcp(Arc<TcpListener>),
    #[cfg(unix)]
    Unix(Arc<UnixListener>),
}

impl BoundListener {
    /// Returns a listener for a server, not blocking.
    pub(crate) fn to_os(&self) -> io::Result<OsListener> {
        match &self.0 {
            Bound::Tcp(listener) => {
                let listener = listener.try_clone()?;
                listener.set_nonblocking(true)?;
                Ok(OsListener::Tcp(listener))
            }
            #[cfg(unix)]
            Bound::Unix(listener) => unix::adopt(listener.try_clone()?).map(OsListener::Unix),
        }
    }
}

impl From<TcpListener> for BoundListener {
    fn from(listener: TcpListener) -> Self {
        Self(Bound::Tcp(Arc::new(listener)))
    }
}

#[cfg(unix)]
impl From<UnixListener> for BoundListener {
    fn from(listener: UnixListener) -> Self {
        Self(Bound::Unix(Arc::new(listener)))
    }
}
