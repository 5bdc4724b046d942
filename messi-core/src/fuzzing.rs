//! Entry points of fuzzers: functions of bytes, each of which panics if a promise is broken.
//!
//! They are in this crate since they test private parts of it. The feature `testing` includes them, but they
//! are not part of the public interface.

mod connection;
mod frames;
mod script;

pub use connection::connection;
pub use frames::frames;

/// The frame that a stream begins with, if it is whole: its type byte, its payload, and what
/// follows. Written apart from `frame`, for comparison.
fn first_frame(stream: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = stream.split_at_checked(4)?;
    let size = (usize::from(head[1]) << 16) + (usize::from(head[2]) << 8) + usize::from(head[3]);
    let (payload, rest) = rest.split_at_checked(size)?;
    Some((head[0], payload, rest))
}
