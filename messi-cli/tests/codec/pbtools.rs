//! The tests of pbtools, whose names and functions ours replace, run unchanged with generated C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Test;
use crate::compiler::supports;
use crate::compilers::SANITIZERS;
use crate::directory::{Generated, messi};
use crate::preparation::{Cache, Unprepared, broken, python, run};

/// The package and its version, the last that the original Messi works with.
const PACKAGE: &str = "pbtools==0.39.0";

/// Tests that fail, with the reason.
const FAILING: &[(&str, &str)] = &[
    ("address_book_decode_issue_2", "groups are skipped"),
    ("message", "fields are encoded by number"),
    ("benchmark_oneof_message_1", "fields are encoded by number"),
    ("benchmark_message_3", "fields are encoded by number"),
];

/// Schemas of the package that are not valid, and that its tests in C do not use.
const INVALID: &[&str] = &[
    "comments_missing_multi_line_end",
    "comments_nested_multi_line",
    "missing_type",
    "options",
    "service",
];

pub(crate) const TESTS: &[Test] = &[("the_tests_of_pbtools_pass", pbtools)];

fn pbtools() -> Result<(), Unprepared> {
    supports("gcc", &SANITIZERS)?;
    let tests = sources()?;
    let generated = Generated::empty()?;
    generate(&tests, &generated)?;
    let executable = compile(&tests, &generated)?;
    let output = Command::new(executable)
        .arg("--continue-on-failure")
        // It writes a report into its directory.
        .current_dir(generated.path())
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .output()
        .map_err(|error| Unprepared::Broken(error.to_string()))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut failed: Vec<&str> = names(&printed, "FAILED");
    failed.sort_unstable();
    let mut expected: Vec<&str> = FAILING.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(failed, expected, "{printed}");
    assert_eq!(names(&printed, "PASSED").len(), 106, "{printed}");
    Ok(())
}

/// Returns the directory `tests` of the package.
fn sources() -> Result<PathBuf, Unprepared> {
    let cache = Cache::open()?;
    let package = cache.directory("pbtools", (python::identify()?, PACKAGE), |directory| {
        eprintln!("fetching the tests of pbtools, once");
        python::create_environment(directory)?;
        let python = python::interpreter(directory);
        run(Command::new(&python)
            .args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--no-binary", ":all:", PACKAGE])
            .arg("--dest")
            .arg(directory))?;
        run(Command::new("tar")
            .args(["xzf", "pbtools-0.39.0.tar.gz"])
            .current_dir(directory))
        .map(drop)
    })?;
    Ok(package.join("pbtools-0.39.0/tests"))
}

/// Generates C of all schemas into the directory that the tests include.
fn generate(tests: &Path, generated: &Generated) -> Result<(), Unprepared> {
    let schemas = generated.path().join("schemas");
    run(Command::new("cp")
        .arg("-r")
        .arg(tests.join("files"))
        .arg(&schemas))?;
    // It has an alias without the option that allows it, which pbtools does not require.
    let path = schemas.join("enum.proto");
    let text = fs::read_to_string(&path).map_err(|error| broken("read", &path, &error))?;
    let (before, after) = text.split_once("message AllowAlias").unwrap_or((&text, ""));
    let after = after.replacen("enum Enum {", "enum Enum { option allow_alias = true;", 1);
    fs::write(&path, format!("{before}message AllowAlias{after}"))
        .map_err(|error| broken("write", &path, &error))?;

    let mut command = messi();
    command
        .args(["generate_c_source", "-p", "none", "-I", "imports", "-o"])
        .arg(generated.path().join("files/c_source"))
        .current_dir(&schemas);
    for directory in ["", "imports"] {
        let entries = fs::read_dir(schemas.join(directory));
        let entries = entries.map_err(|error| broken("list", &schemas, &error))?;
        for entry in entries.flatten() {
            let path = Path::new(directory).join(entry.file_name());
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let is_schema = path
                .extension()
                .is_some_and(|extension| extension == "proto");
            if is_schema && !INVALID.contains(&&*stem) {
                command.arg(path);
            }
        }
    }
    run(&mut command).map(drop)
}

fn compile(tests: &Path, generated: &Generated) -> Result<PathBuf, Unprepared> {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime/c");
    let sources = |directory: &Path, beginning: &str| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        let beginning = beginning.to_owned();
        paths
            .filter(move |path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(&beginning) && name.ends_with(".c")
            })
            .collect::<Vec<_>>()
    };
    // Beside the generated headers, since the package has others, of pbtools.
    run(Command::new("cp")
        .args(["main.c", "nala.c", "nala.h"].map(|name| tests.join(name)))
        .arg(generated.path()))?;
    let executable = generated.path().join("program");
    run(Command::new("gcc")
        .args(["-std=gnu17", "-w"])
        .args(SANITIZERS)
        .arg("-I")
        .arg(generated.path())
        .arg("-I")
        .arg(&runtime)
        .args(["main.c", "nala.c"].map(|name| generated.path().join(name)))
        .args(sources(&generated.path().join("files/c_source"), ""))
        .args(sources(&runtime, "messi_codec"))
        .arg("-ldl")
        .arg("-o")
        .arg(&executable))?;
    Ok(executable)
}

/// Returns the names of the tests with a result.
fn names<'a>(printed: &'a str, result: &str) -> Vec<&'a str> {
    let lines = printed.lines().filter(|line| line.contains(result));
    // The name stands between two escape sequences that set the colour.
    let words = lines.filter_map(|line| line.split_whitespace().nth(1));
    words.collect()
}
