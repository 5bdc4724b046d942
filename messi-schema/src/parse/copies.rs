//! Copies of a schema's files for `protobuf-parse`, which reads files alone, without what it would
//! stumble over.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

use crate::source::Sources;

/// A directory of copies, gone when dropped.
#[derive(Debug)]
pub(super) struct Copies(PathBuf);

impl Copies {
    /// Copies every file, if there is one that must be edited. Few schemas have one.
    pub(super) fn where_needed(sources: &Sources) -> io::Result<Option<Self>> {
        if sources
            .files
            .iter()
            .all(|source| source.file.edits.is_empty())
        {
            return Ok(None);
        }
        let copies = Self::new()?;
        for source in &sources.files {
            let path = copies.0.join(&source.name);
            fs::create_dir_all(path.parent().unwrap_or(&copies.0))?;
            fs::write(path, source.file.edits.apply(&source.text))?;
        }
        Ok(Some(copies))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// A directory that nobody else has.
    fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("messi-{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // What is left behind is in the directory for what may be.
        let _ = fs::remove_dir_all(&self.0);
    }
}
