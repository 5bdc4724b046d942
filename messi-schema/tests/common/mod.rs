//! Helpers of several tests of schemas.

#![allow(
    dead_code,
    reason = "each test is a crate of its own and uses a part of it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use messi_schema::{Diagnostic, Locations, Schema, SchemaError, read};

/// Returns a problem without its source line.
pub(crate) fn brief(problem: &Diagnostic) -> String {
    let mut text = problem.message.clone();
    match &problem.location {
        Some((file, Some(position))) => text += &format!("\n --> {file}:{position}"),
        Some((file, None)) => text += &format!("\n --> {file}"),
        None => {}
    }
    if let Some(help) = &problem.help {
        text += &format!("\n help: {help}");
    }
    text
}

/// A directory of schemas, which is removed when dropped.
pub(crate) struct Schemas(PathBuf);

impl Schemas {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("schemas-{}-{number}", std::process::id());
        let schemas = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        fs::create_dir_all(&schemas.0).unwrap();
        for (name, text) in files {
            schemas.add(name, text.as_bytes());
        }
        schemas
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn add(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, schema: &str) -> Result<Schema, Vec<String>> {
        self.read_by(schema, read)
    }

    /// Reads a schema of the directory with a function, and returns its output or the problems.
    pub(crate) fn read_by<T>(
        &self,
        schema: &str,
        read: impl FnOnce(&str, &Locations) -> Result<T, SchemaError>,
    ) -> Result<T, Vec<String>> {
        let locations = Locations {
            source_directory: None,
            root: self.0.clone(),
            ..Locations::default()
        };
        let directory = format!("{}/", self.0.display());
        read(schema, &locations).map_err(|error| {
            let problems = error.diagnostics.iter();
            problems
                .map(|problem| brief(problem).replace(&directory, ""))
                .collect()
        })
    }
}

impl Drop for Schemas {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns a valid protocol with further declarations.
pub(crate) fn with(declarations: &str) -> String {
    format!(
        "syntax = \"proto3\";\npackage chat;\nmessage ClientToServer {{ oneof messages {{ A a = 1; }} }}\nmessage ServerToClient {{ oneof messages {{ A a = 1; }} }}\nmessage A {{}}\n{declarations}\n"
    )
}

pub(crate) fn model(text: &str) -> Schema {
    Schemas::new(&[("chat.proto", text)])
        .read("chat.proto")
        .unwrap()
}

pub(crate) fn problems(text: &str) -> Vec<String> {
    Schemas::new(&[("chat.proto", text)])
        .read("chat.proto")
        .unwrap_err()
}
