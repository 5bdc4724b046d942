//! The loop of one connection: reads, hands out frames, writes what came of them.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_std::net::TcpStream;
use futures::io::{AsyncRead, AsyncWrite};

use crate::write_queue::WriteQueue;

/// Bytes read at once.
const READ_SIZE: usize = 64 * 1024;

const HEADER_SIZE: usize = 4;

/// Reads in a row before other tasks get their turn.
const READS_PER_POLL: usize = 8;

thread_local! {
    /// Where sockets are read into: idle connections need no buffer of their own.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// Capacity that an empty buffer may keep, in bytes.
const IDLE_CAPACITY: usize = 512;

/// One end's part in a connection.
pub(crate) trait Handler {
    /// Handles a frame by its type, and appends what is to be sent.
    fn handle(&mut self, type_byte: u8, payload: &[u8], output: &mut Vec<u8>);

    /// Follows when all frames of a read are handled.
    fn flush_broadcasts(&mut self) {}
}

/// A connection and its buffers.
pub(crate) struct Connection<H> {
    stream: TcpStream,
    write_queue: Arc<WriteQueue>,
    handler: H,
    input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
}

impl<H: Handler + Unpin> Connection<H> {
    pub(crate) fn new(stream: TcpStream, write_queue: Arc<WriteQueue>, handler: H) -> Self {
        Self {
            stream,
            write_queue,
            handler,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
        }
    }

    /// Serves the connection to its end, and gives the handler back.
    pub(crate) async fn run(mut self) -> H {
        poll_fn(|cx| self.poll(cx)).await;
        self.handler
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..READS_PER_POLL {
            if self.poll_write(cx).is_ready() || ready!(self.poll_read(cx)) == 0 {
                return Poll::Ready(());
            }
            self.handle_frames();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads once; 0 at the end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        SCRATCH.with_borrow_mut(|scratch| {
            let result = ready!(Pin::new(&mut self.stream).poll_read(cx, scratch));
            let count = result.unwrap_or(0);
            self.input.extend_from_slice(&scratch[..count]);
            Poll::Ready(count)
        })
    }

    fn handle_frames(&mut self) {
        let mut rest = &*self.input;
        while let Some((&[type_byte, high, middle, low], after)) = rest.split_first_chunk() {
            let size = u32::from_be_bytes([0, high, middle, low]) as usize;
            let Some((payload, after)) = after.split_at_checked(size) else {
                break;
            };
            self.handler.handle(type_byte, payload, &mut self.output);
            rest = after;
        }
        let taken = self.input.len() - rest.len();
        self.input.drain(..taken);
        release(&mut self.input);
        self.handler.flush_broadcasts();
    }

    /// Writes what there is; ready only when the connection has ended.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.written == self.output.len() {
                self.written = 0;
                self.output.clear();
                self.write_queue.take(&mut self.output, cx.waker());
                if self.output.is_empty() {
                    release(&mut self.output);
                    return Poll::Pending;
                }
            }
            let output = &self.output[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, output)) {
                Ok(count @ 1..) => self.written += count,
                Ok(0) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

/// Gives the memory of an empty buffer back: idle connections must be cheap.
fn release(buffer: &mut Vec<u8>) {
    if buffer.is_empty() && buffer.capacity() > IDLE_CAPACITY {
        *buffer = Vec::new();
    }
}

/// Appends a frame.
pub(crate) fn append_frame(output: &mut Vec<u8>, type_byte: u8, message: &impl prost::Message) {
    let size = message.encoded_len();
    let [_, high, middle, low] = (size as u32).to_be_bytes();
    output.reserve(HEADER_SIZE + size);
    output.extend_from_slice(&[type_byte, high, middle, low]);
    message.encode_raw(output);
}
