//! Small schemas, each with one valid or invalid construct, read by messi, `protoc` and `protox`.
//!
//! All of them accept `corpus/valid/` and refuse `corpus/invalid/`, unless a line
//! `// Only messi refuses this: …` in the schema explains why the others accept it. Only messi accepts
//! `corpus/lenient/`: wrong custom options, which messi ignores. The errors of messi
//! are stored beside the schemas; `CORPUS=overwrite cargo test -p messi-schema --test corpus` updates
//! them. `corpus/imports/` holds files to import.

mod oracles;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use messi_schema::{Locations, read};

use oracles::{ORACLES, Oracle, Verdict};

/// The start of a line in valid schemas that messi does not support.
const ONLY_MESSI: &str = "// Only messi refuses this: ";

/// The environment variable that makes a missing compiler an error.
const REQUIRED: &str = "MESSI_ORACLES_REQUIRED";

/// The root of the corpus in stored errors.
const ROOT: &str = "$CORPUS";

/// The directories of schemas.
const KINDS: [&str; 3] = ["valid", "invalid", "lenient"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let schemas: Vec<Schema> = KINDS.into_iter().flat_map(schemas).collect();
    let mut trials: Vec<Trial> = schemas.into_iter().flat_map(trials).collect();
    trials.push(Trial::test(
        "every_stored_error_is_of_a_schema",
        stored_errors,
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A schema of the corpus.
#[derive(Clone, Debug)]
struct Schema {
    /// The directory within the corpus.
    kind: &'static str,
    /// The name of the file.
    name: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn schemas(kind: &'static str) -> Vec<Schema> {
    let files = fs::read_dir(root().join(kind)).expect("a directory of the corpus");
    let names = files.map(|file| {
        let name = file.expect("an entry of the corpus").file_name();
        name.into_string().expect("a name in UTF-8")
    });
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".proto")).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| Schema { kind, name })
        .collect()
}

fn stored_errors() -> Result<(), Failed> {
    for file in fs::read_dir(root().join("invalid"))? {
        let path = file?.path();
        if !path.with_extension("proto").exists() {
            return Err(format!("{} has no schema", path.display()).into());
        }
    }
    Ok(())
}

fn trials(schema: Schema) -> Vec<Trial> {
    let label = |by: &str, accepts| format!("{}_{}_by_{by}", schema.stem(), verb(accepts));
    let mut trials: Vec<Trial> = Vec::new();
    for oracle in ORACLES {
        let schema = schema.clone();
        let label = label(oracle.name, schema.is_valid());
        trials.push(Trial::ignorable_test(label, move || schema.ask(oracle)));
    }
    let label = label("messi", schema.is_accepted());
    trials.push(Trial::test(label, move || schema.check()));
    trials
}

impl Schema {
    /// The name without its extension.
    fn stem(&self) -> &str {
        self.name.trim_end_matches(".proto")
    }

    fn directory(&self) -> PathBuf {
        root().join(self.kind)
    }

    /// Returns whether messi should accept it.
    fn is_accepted(&self) -> bool {
        self.kind != "invalid"
    }

    /// Returns whether the oracles should accept it.
    fn is_valid(&self) -> bool {
        let text = fs::read_to_string(self.directory().join(&self.name)).expect("a schema");
        self.kind == "valid" || text.contains(ONLY_MESSI)
    }

    /// Compares the verdict of an oracle with the corpus.
    fn ask(&self, oracle: Oracle) -> Result<Completion, Failed> {
        let directories = [self.directory(), root()];
        let [own, root] = &directories;
        let Some(verdict) = (oracle.compile)(&self.name, [own, root]) else {
            if env::var_os(REQUIRED).is_some() {
                return Err(format!("there is no {}, and {REQUIRED} is set", oracle.name).into());
            }
            return Ok(Completion::ignored_with(format!(
                "there is no {} for this system",
                oracle.name
            )));
        };
        let errs = oracle
            .errs
            .iter()
            .find(|(_, names)| names.contains(&self.stem()));
        let is_expected = self.is_valid() == verdict.is_ok();
        match (is_expected, errs) {
            (true, None) | (false, Some(_)) => Ok(Completion::Completed),
            (true, Some((reason, _))) => {
                Err(format!("is no longer wrong, but is listed: {reason}").into())
            }
            (false, None) => Err(surprise(&verdict).into()),
        }
    }

    /// Reads the schema, and compares the errors with the stored ones.
    fn check(&self) -> Result<(), Failed> {
        let locations = Locations {
            source_directory: Some(self.directory()),
            root: root(),
            ..Locations::default()
        };
        let said = match read(&self.name, &locations) {
            Ok(_) => String::new(),
            Err(error) => error
                .diagnostics
                .iter()
                .map(|it| format!("{it}\n\n"))
                .collect(),
        };
        let said = said.replace(&root().display().to_string(), ROOT);
        match self.is_accepted() {
            true if said.is_empty() => Ok(()),
            true => Err(surprise(&Err(said)).into()),
            false if said.is_empty() => Err(surprise(&Ok(())).into()),
            false => self.compare(&format!("{}\n", said.trim_end())),
        }
    }

    fn compare(&self, said: &str) -> Result<(), Failed> {
        let path = self.directory().join(format!("{}.stderr", self.stem()));
        if env::var_os("CORPUS").is_some_and(|it| it == "overwrite") {
            return fs::write(&path, said).map_err(|error| error.to_string().into());
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        if said == stored {
            return Ok(());
        }
        Err(format!("--- stored ---\n{stored}\n--- said ---\n{said}").into())
    }
}

fn verb(accepts: bool) -> &'static str {
    match accepts {
        true => "is_accepted",
        false => "is_refused",
    }
}

fn surprise(verdict: &Verdict) -> String {
    match verdict {
        Ok(()) => "accepts it".into(),
        Err(why) => format!("refuses it: {why}"),
    }
}
