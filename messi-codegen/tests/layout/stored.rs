//! Lays out the valid schemas in the corpus of `messi-schema`. Each has a layout, unless names clash in
//! Rust. The clashes are stored in `tests/clashes/`; `CORPUS=overwrite` updates them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use messi_codegen::{Locations, read};

fn valid_schemas() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.join("../messi-schema/tests/corpus/valid")
}

/// Returns the problems of a schema, or an empty text.
fn problems(path: &Path) -> String {
    let locations = Locations {
        source_directory: path.parent().map(Into::into),
        root: valid_schemas().join(".."),
        ..Locations::default()
    };
    let name = path.file_name().unwrap().to_str().unwrap();
    match read(name, &locations) {
        Ok(_) => String::new(),
        Err(error) => {
            let problems = error.diagnostics.iter().map(ToString::to_string);
            problems.collect::<Vec<_>>().join("\n\n") + "\n"
        }
    }
}

#[test]
fn every_valid_schema_has_a_layout_or_a_stored_clash() {
    let clashes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clashes");
    let mut used = 0;
    for schema in fs::read_dir(valid_schemas()).unwrap() {
        let schema = schema.unwrap().path();
        let stored = clashes.join(schema.with_extension("stderr").file_name().unwrap());
        let problems = problems(&schema);
        if env::var_os("CORPUS").is_some_and(|it| it == "overwrite") && !problems.is_empty() {
            fs::write(&stored, &problems).unwrap();
        }
        let expected = fs::read_to_string(&stored).unwrap_or_default();
        assert_eq!(problems, expected, "{}", schema.display());
        used += usize::from(!expected.is_empty());
    }
    assert_eq!(fs::read_dir(clashes).unwrap().count(), used);
}
