//! Runs the functions of the fuzzers with their corpora, and with random mutations from a fixed seed.
//!
//! `MESSI_INPUTS` sets the number of mutations in each test:
//!
//! ```text
//! MESSI_INPUTS=1000000 cargo test --release -p messi-fuzz
//! ```

use std::{env, io};

use messi_fuzz::mutation::Mutator;
use messi_fuzz::{Schemas, connection, controls, corpus, frames, proxy_header, views, watch};

/// The nesting depth of the deepest schemas.
const DEPTH: usize = 10_000;

/// The dictionary for streams: starts of frames of each type and of unknown types.
const FRAMES: &[&[u8]] = &[
    b"\x00\x00\x00\x00",
    b"\x01\x00\x00\x00",
    b"\x01\x00\x00\x02ab",
    b"\x01\x00\x00\x02\xaab",
    b"\x02\x00\x00\x02ab",
    b"\x02\x00\x01\x00",
    b"\x03\x00\x00\x00",
    b"\x04\x00\x00\x00",
    b"\x01\xff\xff\xff",
    b"\xff\x00\x00\x00",
];

/// The dictionary for connections with a session: its pings and pongs, and actions.
const SESSIONS: &[&[u8]] = &[
    b"\x03\0\0\x02\x01\x01",
    b"\x03\0\0\x02\x03\x01",
    b"\x03\0\0\x03\x03\x80\x01",
    b"\x03\0\0\x02\x04\x01",
    b"\x04\0\0\x02\x02\x01",
    b"\x04\0\0\x02\x03\x01",
    b"\x04\0\0\x05\x04\x01\x01ab",
    // Grants a session, with the number of bytes that are received with it.
    b"\x2a\x04\0\0\x27\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\
      0123456789abcdef\x3c\x80\x08\0\0",
    // Loss and resumption.
    b"\x90\0\x91\0\x93\0",
    b"\x91\x01\x93\0",
    b"\x91\xff",
    b"\x85\x10\x93\0",
];

/// The dictionary for headers of proxies: the signature, fixed parts, and fields.
const PROXY_HEADERS: &[&[u8]] = &[
    b"\r\n\r\n\0\r\nQUIT\n",
    b"\x20\0\0\0",
    b"\x21\0\0\0",
    b"\x21\x11\0\x0c",
    b"\x21\x12\0\x0c",
    b"\x21\x21\0\x24",
    b"\x21\x31\0\xd8",
    b"\x21\x11\x0f\xf0",
    b"\x0f\xf1",
    b"\0\x0b",
    b"\0\0\0\0\0\0\0\0\0\0\xff\xff",
    b"\x04\0\0",
    b"PROXY ",
];

/// The dictionary for payloads: keys of fields, sizes, numbers, groups, and text that is not UTF-8.
const FIELDS: &[&[u8]] = &[
    b"\x08\x01",
    b"\x0a\x00",
    b"\x0a\x02ab",
    b"\x0a\x02\xc3\xb6",
    b"\x0a\x01\xff",
    b"\x12\x00",
    b"\x12\x02\x0a\x00",
    b"\x1a\x04\x0a\x02ab",
    b"\x22\x06\x0a\x01a\x12\x01b",
    b"\x2a\x00",
    b"\x32\x02\x08\x01",
    b"\x3a\x00",
    b"\x42\x00",
    b"\x4a\x02\x08\x01",
    b"\x62\x00",
    b"\x80\x01\x01",
    b"\x25\0\0\0\0",
    b"\x29\0\0\0\0\0\0\0\0",
    b"\x7b\x7c",
    b"\xa3\x06\xa4\x06",
    b"\xa0\x06\x07",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
];

/// The dictionary for schemas: tokens of the language, and bytes that are invalid in it.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b";",
    b"\"",
    b"'",
    b"\\",
    b"/*",
    b"*/",
    b"//",
    b"=",
    b".",
    b",",
    b"-1",
    b"0x",
    b"0",
    b"1e999",
    b"99999999999999999999",
    b"536870912",
    b"19000",
    b"inf",
    b"\0",
    b"\xff",
    b"\xc3\xb6",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\n",
    b"\t",
    b"message ",
    b"message A {",
    b"enum ",
    b"enum E { X = 0; ",
    b"oneof ",
    b"oneof o {",
    b"service ",
    b"rpc ",
    b"returns ",
    b"stream ",
    b"option ",
    b"option allow_alias = true;",
    b"reserved ",
    b"extensions ",
    b"syntax = \"proto2\";",
    b"edition = \"2023\";",
    b"required ",
    b"group ",
    b"extend ",
    b"group ",
    b"map<string, A> ",
    b"map<",
    b"repeated ",
    b"optional ",
    b"required ",
    b"int32 ",
    b"bytes ",
    b"[packed = true]",
    b"[deprecated = true]",
    b"json_name",
    b"A",
    b".chat.A",
    b"ClientToServer",
    b"ServerToClient",
    b"messages",
    b"google.protobuf.Timestamp ",
    b"syntax = \"proto3\";",
    b"syntax = \"proto2\";",
    b"edition = \"2023\";",
    b"package ",
    b"import ",
    b"import public ",
    b"import \"chat.proto\";",
    b"import \"a.proto\";",
    b"import \"google/protobuf/timestamp.proto\";",
    b"import \"../a.proto\";",
    b"\n//// a.proto\n",
    b"\n//// chat.proto\n",
];

/// Returns the number of mutations: `MESSI_INPUTS`, or `default` if it is not set.
fn inputs(default: usize) -> usize {
    env::var("MESSI_INPUTS").map_or(default, |inputs| {
        inputs.parse().expect("MESSI_INPUTS is a number")
    })
}

/// Wraps a function so that it returns true for each input.
fn always<T>(mut run: impl FnMut(&[u8]) -> T) -> impl FnMut(&[u8]) -> bool {
    move |input| {
        run(input);
        true
    }
}

#[test]
fn frames_do_not_depend_on_how_the_stream_is_split() -> io::Result<()> {
    let seeds = corpus::load(&["fuzz/corpus/frames"])?;
    let (known, count) = (seeds.len(), inputs(50_000));
    let mutations = Mutator::new(seeds.clone(), FRAMES).take(count);
    let run = watch::count(seeds.into_iter().chain(mutations), always(frames));
    assert_eq!(run, known + count);
    Ok(())
}

#[test]
fn a_connection_keeps_its_guarantees_after_any_steps() -> io::Result<()> {
    let seeds = corpus::load(&["fuzz/corpus/connection"])?;
    let (known, count) = (seeds.len(), inputs(50_000) / 2);
    let of_frames = Mutator::new(seeds.clone(), FRAMES).take(count);
    let of_sessions = Mutator::new(seeds.clone(), SESSIONS).take(count);
    let inputs = seeds.into_iter().chain(of_frames).chain(of_sessions);
    let run = watch::count(inputs, always(connection));
    assert_eq!(run, known + 2 * count);
    Ok(())
}

/// Runs a target over corpora and this number of mutations of them, of which the target must accept some.
fn accepts_some(
    corpora: &[&str],
    words: &'static [&'static [u8]],
    count: usize,
    target: impl FnMut(&[u8]) -> bool + Send + 'static,
    accepted: &str,
) -> io::Result<()> {
    let seeds = corpus::load(corpora)?;
    let known = seeds.len();
    let mutations = Mutator::new(seeds.clone(), words).take(count);
    let valid = watch::count(seeds.into_iter().chain(mutations), target);
    println!("{valid} of {count} mutations and {known} seeds are {accepted}");
    assert!(valid > count / 20, "too few inputs are {accepted}");
    Ok(())
}

#[test]
fn what_pings_and_pongs_say_is_read_the_same_in_any_parts() -> io::Result<()> {
    accepts_some(
        &["fuzz/corpus/controls"],
        FRAMES,
        inputs(50_000),
        controls,
        "valid",
    )
}

#[test]
fn a_header_of_a_proxy_is_read_the_same_in_any_parts() -> io::Result<()> {
    accepts_some(
        &["fuzz/corpus/proxy_header"],
        PROXY_HEADERS,
        inputs(50_000),
        proxy_header,
        "headers",
    )
}

#[test]
fn a_view_has_the_content_of_the_owned_form_or_is_refused_like_it() -> io::Result<()> {
    accepts_some(
        &["fuzz/corpus/views"],
        FIELDS,
        inputs(100_000),
        views,
        "valid",
    )
}

#[test]
fn any_change_of_a_valid_schema_is_read_in_time_without_a_panic() -> io::Result<()> {
    let mut schemas = Schemas::new()?;
    accepts_some(
        &["fuzz/corpus/schema", "messi-schema/tests/corpus/valid"],
        TOKENS,
        inputs(2_000) / 2,
        move |input| schemas.read(input),
        "valid",
    )
}

#[test]
fn any_change_of_an_invalid_schema_is_read_in_time_without_a_panic() -> io::Result<()> {
    let invalid = corpus::load(&["messi-schema/tests/corpus/invalid"])?;
    let count = inputs(2_000) / 2;
    let mutations = Mutator::new(invalid.clone(), TOKENS).take(count);
    let seeds = [invalid, corpus::deep_schemas(DEPTH)].concat();
    let known = seeds.len();
    let mut schemas = Schemas::new()?;
    let read = always(move |input: &[u8]| schemas.read(input));
    let run = watch::count(seeds.into_iter().chain(mutations), read);
    assert_eq!(run, known + count);
    Ok(())
}
