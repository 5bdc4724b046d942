//! Reads any bytes as the files of a schema.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

use messi_codegen::{Config, Locations, SchemaError, expand, read};

/// The start of a line that ends a file. The rest of the line is the name of the next file.
pub const MARK: &[u8] = b"//// ";

/// The file to read.
const SCHEMA: &str = "chat.proto";

/// A directory for the files of schemas, one after the other. It is removed when dropped.
#[derive(Debug)]
pub struct Schemas {
    directory: PathBuf,
    /// The files of the last schema.
    names: Vec<String>,
}

impl Schemas {
    /// Makes a directory among the temporary files of the system.
    ///
    /// # Errors
    ///
    /// That it can't be made.
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

    /// Reads a schema of any bytes, and returns whether it is valid. A line of [`MARK`] and a name, of
    /// letters, digits, `_` and `.`, begins another file. The first one is `chat.proto`.
    ///
    /// # Panics
    ///
    /// If the schema is neither expanded into Rust nor refused with a place.
    pub fn read(&mut self, data: &[u8]) -> bool {
        self.store(data);
        let locations = Locations {
            source_directory: None,
            crate_root: self.directory.clone(),
            include: Vec::new(),
        };
        match read(SCHEMA, &locations) {
            Ok(protocol) => {
                let expansion = expand(&protocol, &Config::default());
                if let Err(error) = syn::parse2::<syn::File>(expansion) {
                    panic!("the expansion is not Rust: {error}");
                }
                true
            }
            Err(error) => {
                check(&error);
                false
            }
        }
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

/// Returns names and texts. The text behind an invalid mark belongs to the file before it.
fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(SCHEMA.to_owned(), Vec::new())];
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_prefix(MARK).and_then(name) {
            Some(name) => files.push((name, Vec::new())),
            None => files.last_mut().expect("there is one").1.extend(line),
        }
    }
    files
}

fn name(line: &[u8]) -> Option<String> {
    let name = str::from_utf8(line).ok()?.trim_end();
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
    let is_plain = name.bytes().all(is_good) && name.bytes().any(|byte| byte != b'.');
    (is_plain && name.len() < 100).then(|| name.to_owned())
}

/// Checks that an error has a problem, and that every problem has a place.
fn check(error: &SchemaError) {
    assert!(!error.diagnostics.is_empty(), "refused without a reason");
    for diagnostic in &error.diagnostics {
        let text = diagnostic.to_string();
        let (file, position) = diagnostic.location.as_ref().expect(&text);
        assert!(!diagnostic.message.is_empty() && !file.is_empty(), "{text}");
        if let Some(position) = position {
            assert!(position.line > 0 && position.column > 0, "{text}");
        }
    }
}
