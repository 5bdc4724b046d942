//! Every valid schema of messi-schema's corpus is C that compiles, or is refused with a reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Test;
use crate::compiler::WARNINGS;
use crate::directory::{Generated, messi};
use crate::preparation::{Unprepared, run};

pub(crate) const TESTS: &[Test] = &[("every_valid_schema_compiles_as_c_or_is_refused", corpus)];

/// Schemas with names that clash in C, or with types that C does not have.
const REFUSED: &[(&str, &str)] = &[
    (
        "valid/descriptor_types.proto",
        "found the type `google.protobuf.FileDescriptorSet`, which there is not in C",
    ),
    (
        "valid/protocol_hides_a_hook.proto",
        "member `connected` would generate `on_connected`, which is a built-in callback",
    ),
    (
        "valid/rust_names_of_types.proto",
        "found the message `corpus.FooBar`, which needs `corpus_foo_bar_t` in C, as the message \
         `corpus.foo_bar` does",
    ),
];

/// The files that others import.
const IMPORTS: &[&str] = &[
    "imports/empty.proto",
    "imports/nested_package.proto",
    "imports/options.proto",
    "imports/private.proto",
    "imports/public.proto",
    "imports/same_package.proto",
    "imports/types.proto",
];

fn corpus() -> Result<(), Unprepared> {
    let imports = Generated::empty()?;
    generate(IMPORTS, &imports).unwrap_or_else(|error| panic!("{error}"));
    let mut refused = Vec::new();
    for schema in schemas() {
        let generated = Generated::empty()?;
        match generate(&[&schema], &generated) {
            Ok(()) => compile(&generated, &imports)?,
            Err(error) => refused.push((schema, error)),
        }
    }
    assert_eq!(refused.len(), REFUSED.len(), "{refused:#?}");
    for ((schema, error), (expected_schema, expected)) in refused.iter().zip(REFUSED) {
        assert_eq!(schema, expected_schema);
        assert!(error.contains(expected), "{error}");
    }
    Ok(())
}

/// Returns the valid schemas of the corpus, as paths in it.
fn schemas() -> Vec<String> {
    let entries = fs::read_dir(root().join("valid")).expect("the corpus");
    let names = entries.map(|entry| entry.expect("a file of the corpus").file_name());
    let mut schemas: Vec<String> = names
        .map(|name| format!("valid/{}", name.to_string_lossy()))
        .collect();
    schemas.sort();
    schemas
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../messi-schema/tests/corpus")
}

/// Generates C of schemas, or returns the reason why that is refused.
fn generate(schemas: &[&str], to: &Generated) -> Result<(), String> {
    let output = messi()
        .args(["generate_c_source", "-p", "none", "-I", ".", "-o"])
        .arg(to.path())
        .args(schemas)
        .current_dir(root())
        .output()
        .expect("the command");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Compiles the C of a schema's messages.
fn compile(generated: &Generated, imports: &Generated) -> Result<(), Unprepared> {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime/c");
    let directories = [generated.path(), imports.path(), &runtime];
    run(Command::new("gcc")
        .args(["-std=c99", "-fsyntax-only"])
        .args(WARNINGS)
        .args(directories.map(|it| format!("-I{}", it.display())))
        .args(generated.sources()))
    .map(drop)
}
