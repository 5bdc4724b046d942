//! Closing a socket after a handshake that has failed.

use std::future::poll_fn;
use std::pin::pin;

use futures::io::AsyncWriteExt;

use crate::time::{TimeSource, timeout};
use crate::transport::BoxSocket;
use crate::transport::linger::Linger;
use messi_wire::connection::CLOSE_TIMEOUT;

/// Closes the socket once the peer has closed too, or after [`CLOSE_TIMEOUT`], so that the peer has time
/// to read the alert.
pub(super) async fn close(time: &dyn TimeSource, mut socket: BoxSocket) {
    let closed = async {
        // An error means that the peer has closed already.
        let _ = socket.close().await;
        let mut linger = Linger::default();
        poll_fn(|cx| linger.poll(cx, &mut socket, time)).await;
    };
    timeout(time, CLOSE_TIMEOUT, pin!(closed)).await;
}
