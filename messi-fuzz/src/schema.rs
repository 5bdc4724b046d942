//! Fuzzes the reading of schemas with any bytes as their files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

use messi_codegen::{Locations, SchemaError, protocol, read};

/// The start of a line that begins another file. The rest of the line is its name.
pub const MARK: &[u8] = b"//// ";

/// The name of the first file, which is the schema itself.
const SCHEMA: &str = "chat.proto";

/// A temporary directory for the files of one schema at a time. It is removed when dropped.
#[derive(Debug)]
pub struct Schemas {
    directory: PathBuf,
    /// The names of the files of the last schema.
    names: Vec<String>,
}

impl Schemas {
    /// Creates the directory among the temporary files of the system.
    ///
    /// # Errors
    ///
    /// Fails if the directory can't be created.
    pub fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("messi-fuzz-{}-{number}", process::id());
        let directory = env::temp_dir().join(name);
        fs::create_dir(&directory)?;
        Ok(Self {
            directory,
            names: Vec::new(),
        })
    }

    /// Reads and expands a schema, and returns whether it is valid.
    ///
    /// The first file is `chat.proto`. A line with [`MARK`] and a name of letters, digits, `_` and `.`
    /// begins another file.
    ///
    /// # Panics
    ///
    /// Panics if the expansion is not valid Rust, or if an error has no message or location.
    pub fn read(&mut self, data: &[u8]) -> bool {
        self.store(data);
        let locations = Locations {
            source_directory: None,
            root: self.directory.clone(),
            ..Locations::default()
        };
        let problems = read(SCHEMA, &locations).err();
        problems.iter().for_each(check);
        // An invalid schema has an expansion of its valid rest.
        let arguments = format!("{SCHEMA:?}").parse();
        let expansion = protocol(arguments.expect("a string literal"), |_| locations);
        if let Err(error) = syn::parse2::<syn::File>(expansion) {
            panic!("the expansion is not Rust: {error}");
        }
        problems.is_none()
    }

    /// Replaces the files of the last schema.
    fn store(&mut self, data: &[u8]) {
        let files = files(data);
        for name in self.names.drain(..) {
            if !files.iter().any(|(other, _)| *other == name) {
                let _ = fs::remove_file(self.directory.join(name));
            }
        }
        for (name, text) in files {
            let path = self.directory.join(&name);
            fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            self.names.push(name);
        }
    }
}

impl Drop for Schemas {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Returns the names and texts of all files. A mark with an invalid name is text of its file.
fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(SCHEMA.to_owned(), Vec::new())];
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_prefix(MARK).and_then(name) {
            Some(name) => files.push((name, Vec::new())),
            None => files
                .last_mut()
                .expect("the first file exists")
                .1
                .extend(line),
        }
    }
    files
}

/// Returns the file name after a mark, if it is valid.
fn name(line: &[u8]) -> Option<String> {
    let name = str::from_utf8(line).ok()?.trim_end();
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
    let is_plain = name.bytes().all(is_good) && name.bytes().any(|byte| byte != b'.');
    (is_plain && name.len() < 100).then(|| name.to_owned())
}

/// Checks that an error has a diagnostic, and that each one has a message and a location.
fn check(error: &SchemaError) {
    assert!(!error.diagnostics.is_empty(), "the error has no diagnostic");
    for diagnostic in &error.diagnostics {
        let text = diagnostic.to_string();
        let (file, position) = diagnostic.location.as_ref().expect(&text);
        assert!(!diagnostic.message.is_empty() && !file.is_empty(), "{text}");
        if let Some(position) = position {
            assert!(position.line > 0 && position.column > 0, "{text}");
        }
    }
}
