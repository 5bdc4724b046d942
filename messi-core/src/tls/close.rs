//! Closing a socket after a handshake that has failed.

use futures::future::FutureExt;
use futures::io::{AsyncReadExt, AsyncWriteExt};

use crate::runtime::{BoxSocket, Runtime, timeout};
use crate::state::CLOSE_TIMEOUT;

/// Closes the socket once the peer has closed too, or after [`CLOSE_TIMEOUT`].
///
/// The peer is given the time to read the alert: closing a socket with unread input makes the operating
/// system reset the connection, which may destroy what the peer has not read yet.
pub(super) async fn close(runtime: &dyn Runtime, socket: BoxSocket) {
    timeout(runtime, CLOSE_TIMEOUT, linger(socket).boxed()).await;
}

async fn linger(mut socket: BoxSocket) {
    // An error means that the peer has closed already.
    let _ = socket.close().await;
    let mut rest = [0; 256];
    while let Ok(1..) = socket.read(&mut rest).await {}
}
