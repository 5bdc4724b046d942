//! Unix sockets.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;

use async_io::Async;
use futures::future::{BoxFuture, FutureExt};
use socket2::{Domain, SockAddr, Socket, Type};

use super::stream::Stream;
use crate::Address;
use crate::runtime::{BoxListener, BoxSocket, Listener};

/// Connects to the server that listens on a path.
pub(super) async fn connect(path: Arc<Path>) -> io::Result<BoxSocket> {
    let stream = Async::<UnixStream>::connect(path).await?;
    Ok(Box::new(Stream::new(stream)))
}

/// Listens on a path. The file that a server has left that is not there any more is replaced.
pub(super) fn listen(path: &Arc<Path>) -> io::Result<BoxListener> {
    let bind = || super::listen(Domain::UNIX, &SockAddr::unix(path)?, None);
    let socket = match bind() {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path) => {
            fs::remove_file(path)?;
            bind()?
        }
        result => result?,
    };
    Ok(Box::new(UnixServer {
        file: file_id(path)?,
        path: path.clone(),
        listener: Async::<UnixListener>::new_nonblocking(OwnedFd::from(socket).into())?,
    }))
}

/// Whether this is a socket that nobody listens on. Anything else is left alone.
fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    is_socket && is_refused(path).unwrap_or(false)
}

/// Whether an attempt to connect is refused. It does not wait for a server that is busy.
fn is_refused(path: &Path) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let result = socket.connect(&SockAddr::unix(path)?);
    Ok(result.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused))
}

/// What tells a file from another that took its place: its device, and its number there.
fn file_id(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// A listener that takes its file with it.
struct UnixServer {
    listener: Async<UnixListener>,
    path: Arc<Path>,
    file: (u64, u64),
}

impl Listener for UnixServer {
    fn local_addr(&self) -> io::Result<Address> {
        Ok(Address::Unix(self.path.clone()))
    }

    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxSocket, Address)>> {
        async {
            let (stream, _unnamed) = self.listener.accept().await?;
            let socket = Box::new(Stream::new(stream)) as BoxSocket;
            Ok((socket, Address::Unix(self.path.clone())))
        }
        .boxed()
    }
}

impl Drop for UnixServer {
    fn drop(&mut self) {
        if file_id(&self.path).is_ok_and(|file| file == self.file) {
            // If it can't be removed, it is one that the next server replaces.
            let _ = fs::remove_file(&self.path);
        }
    }
}
