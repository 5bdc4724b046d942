//! Unix sockets of the operating system, made and configured, and the files that stand for them.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{self, Path};
use std::sync::Arc;

use socket2::{Domain, SockAddr, SockRef};

use super::address::Address;
use super::std_socket::{self, StdStream};

/// Begins to connect to the server that listens on a path. See [`os::connect`](super::os::connect).
pub(super) fn connect(path: &Path) -> io::Result<UnixStream> {
    let socket = std_socket::connect(Domain::UNIX, &SockAddr::unix(path)?, None)?;
    Ok(OwnedFd::from(socket).into())
}

/// Listens on a path. A file that a server has left that does not run any more is replaced.
pub(super) fn listen(path: &Arc<Path>) -> io::Result<UnixServer> {
    let bind = || std_socket::listen(Domain::UNIX, &SockAddr::unix(path)?, None);
    let socket = match bind() {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path) => {
            fs::remove_file(path)?;
            bind()?
        }
        result => result?,
    };
    Ok(UnixServer {
        listener: OwnedFd::from(socket).into(),
        path: path.clone(),
        _file: Some(SocketFile {
            id: file_id(path)?,
            path: path.clone(),
        }),
    })
}

/// Takes a listener that the program has bound. Its file is the program's.
pub(super) fn adopt(listener: UnixListener) -> io::Result<UnixServer> {
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let path = address.as_pathname().ok_or_else(|| {
        let text = "it has no path by which clients could find it";
        io::Error::new(io::ErrorKind::Unsupported, text)
    })?;
    Ok(UnixServer {
        listener,
        path: path::absolute(path)?.into(),
        _file: None,
    })
}

/// Returns whether this is a socket that no process listens on. Any other file is left alone.
fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    is_socket && is_refused(path)
}

/// Returns whether an attempt to connect is refused. It does not wait for a server that is busy.
fn is_refused(path: &Path) -> bool {
    connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Returns the device of a file and its number there, by which a file that took its place is recognized.
fn file_id(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// A listener with its file.
#[derive(Debug)]
pub(crate) struct UnixServer {
    listener: UnixListener,
    path: Arc<Path>,
    /// Removed with the server, if the server has made it.
    _file: Option<SocketFile>,
}

impl UnixServer {
    /// Returns the path that it listens on.
    pub(crate) fn address(&self) -> Address {
        Address::Unix(self.path.clone())
    }

    /// Returns another handle of the listener, without its file.
    pub(crate) fn try_clone_listener(&self) -> io::Result<UnixListener> {
        self.listener.try_clone()
    }

    /// Takes a connection, if there is one.
    pub(super) fn accept(&self) -> io::Result<UnixStream> {
        let (stream, _unnamed) = self.listener.accept()?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    }
}

impl AsFd for UnixServer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

/// The file of a listener. Dropping it removes the file.
#[derive(Debug)]
struct SocketFile {
    path: Arc<Path>,
    id: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // The file of a successor is left alone.
        if file_id(&self.path).is_ok_and(|id| id == self.id) {
            // The next server replaces a file that can't be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns an error if the attempt to connect has failed. A socket of Linux may be writable though it could not
/// connect: then it has no peer.
pub(crate) fn check_connected(socket: &SockRef<'_>) -> io::Result<()> {
    socket.peer_addr().map(drop)
}

impl StdStream for UnixStream {
    fn socket(&self) -> SockRef<'_> {
        self.into()
    }

    fn check_connected(&self) -> io::Result<()> {
        check_connected(&self.socket())
    }
}
