//! Fuzzes the decoder of frames with streams in parts of any size.

use messi_wire::{RecvBuffer, frame};

use crate::input::Input;

/// Decodes a stream of frames in parts. The first byte is the size of a part minus one, the rest is
/// the stream.
pub fn frames(data: &[u8]) {
    let mut input = Input(data);
    let part = usize::from(input.next().unwrap_or_default()) + 1;
    let stream = input.0;
    assert_eq!(read(stream, part), expected(stream));
    split(stream);
}

/// Returns the type bytes and payloads that [`RecvBuffer`] decodes from the stream.
fn read(stream: &[u8], part: usize) -> Vec<(u8, &[u8])> {
    let mut buffer = RecvBuffer::default();
    let mut frames = Vec::new();
    let mut rest = stream;
    for part in stream.chunks(part) {
        buffer.append(part, usize::MAX);
        while let Some(header) = buffer.peek() {
            if !buffer.scan(header) {
                break;
            }
        }
        while let Some(header) = buffer.take() {
            let (frame, others) = rest.split_at(header.frame_size());
            assert_eq!(buffer.payload(), &frame[frame.len() - header.size..]);
            frames.push((header.type_byte, &frame[frame.len() - header.size..]));
            rest = others;
        }
        assert_eq!(buffer.unhandled(), 0);
    }
    assert_eq!(buffer.unfinished(), rest.len());
    frames
}

/// Returns the type bytes and payloads of the stream.
fn expected(stream: &[u8]) -> Vec<(u8, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(|| {
        let (type_byte, payload, others) = first_frame(rest)?;
        rest = others;
        Some((type_byte, payload))
    })
    .collect()
}

/// Checks that `frame::split` splits the stream into its frames, and that `frame::count_messages`
/// counts as many messages in the parts as in the whole.
fn split(stream: &[u8]) {
    let whole: usize = expected(stream).iter().map(|(_, it)| 4 + it.len()).sum();
    let frames: Vec<&[u8]> = frame::split(stream).collect();
    assert_eq!(frames.concat(), stream[..whole]);
    let messages: u64 = frames.iter().map(|it| frame::count_messages(it, 0)).sum();
    assert_eq!(messages, frame::count_messages(&stream[..whole], 0));
}

/// Decodes the first frame of a stream, if it is complete: its type byte, its payload, and the rest of
/// the stream. It is written independently of `messi_wire::frame`, for comparison.
pub(crate) fn first_frame(stream: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = stream.split_at_checked(4)?;
    let size = (usize::from(head[1]) << 16) + (usize::from(head[2]) << 8) + usize::from(head[3]);
    let (payload, rest) = rest.split_at_checked(size)?;
    Some((head[0], payload, rest))
}
