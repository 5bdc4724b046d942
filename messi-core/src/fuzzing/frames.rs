//! The frames of a stream, however it is split.

use super::first_frame;
use super::script::Script;
use crate::frame;
use crate::input::Input;

/// Reads a stream of frames in parts. The first byte tells how large the parts are, the rest is the
/// stream.
pub fn frames(data: &[u8]) {
    let mut script = Script(data);
    let part = usize::from(script.next().unwrap_or_default()) + 1;
    let stream = script.0;
    assert_eq!(read(stream, part), expected(stream));
    split(stream);
}

/// What [`Input`] makes of the stream.
fn read(stream: &[u8], part: usize) -> Vec<(u8, &[u8])> {
    let mut input = Input::default();
    let mut frames = Vec::new();
    let mut rest = stream;
    for part in stream.chunks(part) {
        input.append(part, usize::MAX);
        while let Some(header) = input.peek() {
            if !input.scan(header) {
                break;
            }
        }
        while let Some((header, payload)) = input.take() {
            let (frame, others) = rest.split_at(header.frame_size());
            assert_eq!(input.payload(&payload), &frame[frame.len() - header.size..]);
            frames.push((header.type_byte, &frame[frame.len() - header.size..]));
            rest = others;
        }
        assert_eq!(input.unhandled(), 0);
    }
    assert_eq!(input.unfinished(), rest.len());
    frames
}

fn expected(stream: &[u8]) -> Vec<(u8, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(|| {
        let (type_byte, payload, others) = first_frame(rest)?;
        rest = others;
        Some((type_byte, payload))
    })
    .collect()
}

/// Single frames are what they are together.
fn split(stream: &[u8]) {
    let whole: usize = expected(stream).iter().map(|(_, it)| 4 + it.len()).sum();
    let frames: Vec<&[u8]> = frame::split(stream).collect();
    assert_eq!(frames.concat(), stream[..whole]);
    let messages: u64 = frames.iter().map(|it| frame::count_messages(it, 0)).sum();
    assert_eq!(messages, frame::count_messages(&stream[..whole], 0));
}
