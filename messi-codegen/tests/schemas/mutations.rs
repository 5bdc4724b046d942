//! Anything at all, in place of a schema.

use super::common::{Schemas, with};

/// A small generator of numbers that are always the same.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % 1_000_003) as usize
}

#[test]
fn no_text_makes_the_reader_panic_or_hang() {
    let sound = with(
        "// Docs.
         message B { reserved 9, 11 to 12; map<string, A> m = 1; oneof o { A a = 2; string b = 3; }
             repeated E e = 4 [packed = false, deprecated = true]; optional bytes c = 5;
             message C { B b = 1; } enum E { option allow_alias = true; X = 0; Y = 0; } }
         service S { rpc Call(A) returns (stream A); }
         option java_package = \"x\"; /* end */",
    );
    assert!(
        Schemas::new(&[("chat.proto", &sound)])
            .read("chat.proto")
            .is_ok()
    );
    let pieces = [
        "{",
        "}",
        ";",
        "\"",
        "/*",
        "=",
        "message",
        "oneof",
        "-1",
        "\0",
        "ö",
        "import \"chat.proto\";",
        "map<",
        "99999999999999999999",
        ".",
    ];
    let schemas = Schemas::new(&[]);
    let mut state = 0x2545_f491_4f6c_dd1d;
    for _ in 0..2_000 {
        let mut text: Vec<char> = sound.chars().collect();
        for _ in 0..=random(&mut state) % 4 {
            let place = random(&mut state) % text.len().max(1);
            match random(&mut state) % 3 {
                0 => drop(text.drain(place..(place + random(&mut state) % 20).min(text.len()))),
                1 => drop(text.splice(
                    place..place,
                    pieces[random(&mut state) % pieces.len()].chars(),
                )),
                _ => text.truncate(place.max(1)),
            }
        }
        let text: String = text.into_iter().collect();
        schemas.add("chat.proto", text.as_bytes());
        match schemas.read("chat.proto") {
            Ok(_) => {}
            Err(problems) => assert!(
                !problems.is_empty()
                    && problems
                        .iter()
                        .all(|problem| problem.contains("chat.proto")),
                "{text}\n{problems:#?}"
            ),
        }
    }
}
