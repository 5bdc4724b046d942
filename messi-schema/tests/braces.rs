//! A missing brace is reported on the line where protoc misses it: each brace of the valid schemas of the
//! corpus is left out once.

mod oracles;

use std::fs;
use std::path::{Path, PathBuf};

use messi_schema::{Locations, SchemaError, read};

/// The least share of the missing braces that are reported on the line of protoc. In the values of options,
/// protoc looks for the braces before anything else.
const LEAST_SHARE: f64 = 0.95;

/// One of so many braces is left out, as protoc is started for each.
const STEP: usize = 3;

/// The place of a problem.
#[derive(Debug, PartialEq)]
enum Place {
    Line(usize),
    EndOfFile,
}

#[test]
fn a_missing_brace_is_one_problem_on_the_line_of_protoc() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("braces");
    fs::create_dir_all(&directory).unwrap();
    let (mut count, mut others) = (0, Vec::new());
    for (name, broken) in schemas_without_a_brace() {
        fs::write(directory.join(&name), &broken).unwrap();
        let Some(verdict) = oracles::protoc(&name, [&directory, &corpus()]) else {
            eprintln!("not compared: there is no protoc for this system");
            return;
        };
        let error = verdict.expect_err("a brace is missing");
        let (expected, found) = (place_by_protoc(&error), place(&name, &directory, &broken));
        count += 1;
        if found != expected {
            others.push(format!("{name}: {found:?}, protoc: {error}\n{broken}"));
        }
    }
    let share = 1.0 - others.len() as f64 / f64::from(count);
    assert!(
        share >= LEAST_SHARE,
        "{share} of {count}:\n{}",
        others.join("\n")
    );
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Returns valid schemas with their names, each without one of its braces.
fn schemas_without_a_brace() -> impl Iterator<Item = (String, String)> {
    let files = fs::read_dir(corpus().join("valid")).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let broken = paths.into_iter().flat_map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(path).unwrap();
        braces(&text).into_iter().map(move |brace| {
            let without = format!("{}{}", &text[..brace], &text[brace + 1..]);
            (name.clone(), without)
        })
    });
    broken.step_by(STEP)
}

/// Returns the places of the braces of a text that are not in comments or strings.
fn braces(text: &str) -> Vec<usize> {
    let mut braces = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split("//").next().unwrap_or_default();
        let is_plain = !code.contains(['"', '\'', '*']);
        let places = code.match_indices(['{', '}']);
        braces.extend(places.filter(|_| is_plain).map(|(place, _)| start + place));
        start += line.len();
    }
    braces
}

/// Returns the place of the only problem that messi finds.
fn place(name: &str, directory: &Path, text: &str) -> Place {
    let locations = Locations {
        source_directory: Some(directory.into()),
        root: corpus(),
        ..Locations::default()
    };
    let Err(SchemaError { diagnostics, .. }) = read(name, &locations) else {
        panic!("{name} is valid:\n{text}");
    };
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(diagnostics.len(), 1, "{}\n{text}", shown.join("\n\n"));
    if diagnostics[0]
        .message
        .starts_with("found the end of the file")
    {
        return Place::EndOfFile;
    }
    let (_, position) = diagnostics[0].location.as_ref().expect("a file");
    Place::Line(position.expect("a place").line)
}

/// Returns the place of the first error of protoc.
fn place_by_protoc(output: &str) -> Place {
    let mut errors = output.lines().filter(|line| !line.contains("warning:"));
    let first = errors.next().unwrap_or_default();
    if first.contains("Reached end of input") {
        return Place::EndOfFile;
    }
    let line = first.split(':').nth(1).unwrap_or_default();
    Place::Line(line.parse().expect("a line"))
}
