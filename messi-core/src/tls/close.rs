//! Closing a socket after a handshake that has failed.

use std::future::poll_fn;
use std::pin::pin;

use futures::io::AsyncWriteExt;

use crate::linger::Linger;
use crate::runtime::{BoxSocket, Runtime, timeout};
use messi_wire::connection::CLOSE_TIMEOUT;

/// Closes the socket once the peer has closed too, or after [`CLOSE_TIMEOUT`], so that the peer has the
/// time to read the alert.
pub(super) async fn close(runtime: &dyn Runtime, mut socket: BoxSocket) {
    let closed = async {
        // An error means that the peer has closed already.
        let _ = socket.close().await;
        let mut linger = Linger::default();
        poll_fn(|cx| linger.poll(cx, &mut socket, runtime)).await;
    };
    timeout(runtime, CLOSE_TIMEOUT, pin!(closed)).await;
}
