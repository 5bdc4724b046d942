//! Closing a socket so that its peer can read the last bytes.

use std::future::poll_fn;
use std::pin::pin;

use futures::io::AsyncWriteExt;
use messi_wire::connection::CLOSE_TIMEOUT;

use super::linger::Linger;
use super::socket::BoxSocket;
use crate::time::{TimeSource, timeout};

/// Closes the socket once the peer has closed too, or after [`CLOSE_TIMEOUT`], so that the peer has time
/// to read the bytes written last.
pub(crate) async fn close(time: &dyn TimeSource, mut socket: BoxSocket) {
    let closed = async {
        // An error means that the peer has closed already.
        let _ = socket.close().await;
        let mut linger = Linger::default();
        poll_fn(|cx| linger.poll(cx, &mut socket, time)).await;
    };
    timeout(time, CLOSE_TIMEOUT, pin!(closed)).await;
}
