//! Connections over sockets that fail.

use std::io;
use std::task::Waker;

use futures::io::{AsyncRead, AsyncWrite};

use super::*;
use crate::outbox::Sender;
use crate::runtime;

/// A socket on which nothing comes, and which fails to write.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Pending
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn an_error_of_writing_ends_the_connection_at_once() {
    let settings = Settings::default();
    let runtime = runtime::default();
    let shared = Arc::new(settings.clone());
    let outbox = Arc::new(Outbox::new(Role::Server, &[], shared, runtime.clone()));
    let number = outbox.begin();
    let socket = Box::new(Broken);
    let mut connection = Connection::new(Role::Server, &settings, socket, outbox.clone(), runtime);
    outbox.push(&(), Sender::Callback(number)).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(connection.poll_next(&mut cx), Poll::Ready(None));
    assert_eq!(
        connection.state.end_reason(),
        Some(&DisconnectReason::ConnectionClosed)
    );
    assert_eq!(connection.poll_closed(&mut cx), Poll::Ready(()));
}
