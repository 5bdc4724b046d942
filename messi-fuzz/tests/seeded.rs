//! What the fuzzers run, over their corpora and over mutations that a seed decides.
//!
//! How many can be set, for each of the tests:
//!
//! ```text
//! MESSI_INPUTS=1000000 cargo test --release -p messi-fuzz
//! ```

use std::{env, io};

use messi_fuzz::mutation::Mutator;
use messi_fuzz::{Schemas, connection, corpus, frames, watch};

/// How deep the deepest schemas are.
const DEPTH: usize = 10_000;

/// Heads of frames, of every type and of none.
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

/// What means something in a schema, or should not.
const WORDS: &[&[u8]] = &[
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

/// How many inputs are tried, unless the environment says so.
fn inputs(default: usize) -> usize {
    env::var("MESSI_INPUTS").map_or(default, |inputs| inputs.parse().expect("a number"))
}

/// A run that is true for every input which did not panic.
fn always(run: fn(&[u8])) -> impl FnMut(&[u8]) -> bool {
    move |input| {
        run(input);
        true
    }
}

#[test]
fn no_stream_is_read_in_another_way_for_where_it_is_split() -> io::Result<()> {
    let seeds = corpus::load(&["fuzz/corpus/frames"])?;
    let (known, count) = (seeds.len(), inputs(50_000));
    let mutations = Mutator::new(seeds.clone(), FRAMES).take(count);
    let run = watch::count(seeds.into_iter().chain(mutations), always(frames));
    assert_eq!(run, known + count);
    Ok(())
}

#[test]
fn nothing_that_happens_to_a_connection_breaks_its_promises() -> io::Result<()> {
    let seeds = corpus::load(&["fuzz/corpus/connection"])?;
    let (known, count) = (seeds.len(), inputs(50_000));
    let mutations = Mutator::new(seeds.clone(), FRAMES).take(count);
    let run = watch::count(seeds.into_iter().chain(mutations), always(connection));
    assert_eq!(run, known + count);
    Ok(())
}

#[test]
fn no_text_makes_the_reader_panic_or_hang() -> io::Result<()> {
    let sound = corpus::load(&["fuzz/corpus/schema", "messi-schema/tests/corpus/valid"])?;
    let unsound = corpus::load(&["messi-schema/tests/corpus/invalid"])?;
    let count = inputs(2_000) / 2;
    let seeds = [sound.clone(), unsound.clone(), corpus::deep_schemas(DEPTH)].concat();
    let of_sound = Mutator::new(sound, WORDS).take(count);
    let of_unsound = Mutator::new(unsound, WORDS).take(count);
    let inputs = seeds.into_iter().chain(of_sound).chain(of_unsound);
    let mut schemas = Schemas::new()?;
    let sound = watch::count(inputs, move |input| schemas.read(input));
    println!("{sound} of {} mutations and all seeds are sound", 2 * count);
    assert!(sound > count / 20, "hardly anything is sound");
    Ok(())
}
