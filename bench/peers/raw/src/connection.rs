//! The loop of one connection: reads, handles frames, and writes responses.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::io::{AsyncRead, AsyncWrite};

use crate::write_queue::WriteQueue;

/// The number of bytes read at once.
const READ_SIZE: usize = 64 * 1024;

const HEADER_SIZE: usize = 4;

/// The number of reads in a row before other tasks run.
const READS_PER_POLL: usize = 8;

thread_local! {
    /// The buffer that all connections of a thread read into, so that idle ones need no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// The capacity that an empty buffer keeps, in bytes.
const IDLE_CAPACITY: usize = 512;

/// The handler of a connection's frames.
pub(crate) trait Handler {
    /// Handles a frame, and appends responses to `output`.
    fn handle(&mut self, type_byte: u8, payload: &[u8], output: &mut Vec<u8>);

    /// Sends broadcasts, after all frames of a read are handled.
    fn flush_broadcasts(&mut self) {}
}

/// A connection and its buffers.
pub(crate) struct Connection<S, H> {
    stream: S,
    write_queue: Arc<WriteQueue>,
    handler: H,
    input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin, H: Handler> Connection<S, H> {
    pub(crate) fn new(stream: S, write_queue: Arc<WriteQueue>, handler: H) -> Self {
        Self {
            stream,
            write_queue,
            handler,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
        }
    }

    /// Serves the connection until it ends, and returns the handler.
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

    /// Reads once, and returns the number of bytes: 0 at the end of the stream or after an error.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        SCRATCH.with_borrow_mut(|scratch| {
            let result = ready!(Pin::new(&mut self.stream).poll_read(cx, scratch));
            let count = result.unwrap_or(0);
            self.input.extend_from_slice(&scratch[..count]);
            Poll::Ready(count)
        })
    }

    /// Handles all complete frames of the input.
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

    /// Writes the output. Returns `Ready` only when the connection has ended.
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

/// Frees the memory of an empty buffer, so that idle connections need little memory.
fn release(buffer: &mut Vec<u8>) {
    if buffer.is_empty() && buffer.capacity() > IDLE_CAPACITY {
        *buffer = Vec::new();
    }
}

/// Appends the frame of a message.
pub(crate) fn append_frame(output: &mut Vec<u8>, type_byte: u8, message: &impl prost::Message) {
    let size = message.encoded_len();
    let [_, high, middle, low] = (size as u32).to_be_bytes();
    output.reserve(HEADER_SIZE + size);
    output.extend_from_slice(&[type_byte, high, middle, low]);
    message.encode_raw(output);
}
