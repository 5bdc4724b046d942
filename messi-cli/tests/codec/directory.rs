//! Directories with generated C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::preparation::{Unprepared, broken, run};

/// A directory with the C of schemas, and the runtime. It is removed when dropped.
pub(crate) struct Generated(PathBuf);

impl Generated {
    /// Creates an empty directory.
    pub(crate) fn empty() -> Result<Self, Unprepared> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("codec-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).map_err(|error| broken("create", &path, &error))?;
        Ok(Self(path))
    }

    /// Generates the C of schemas. Their paths are relative to this package.
    pub(crate) fn new(schemas: &[&str]) -> Result<Self, Unprepared> {
        let directory = Self::empty()?;
        directory.generate(schemas)?;
        Ok(directory)
    }

    /// Adds the C of schemas.
    pub(crate) fn generate(&self, schemas: &[&str]) -> Result<(), Unprepared> {
        run(messi()
            .args(["generate_c_source", "-p", "none", "--runtime", "-o"])
            .arg(&self.0)
            .args(schemas)
            .current_dir(env!("CARGO_MANIFEST_DIR")))
        .map(drop)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the sources of the messages, and those of the codec.
    pub(crate) fn sources(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).expect("a generated directory");
        let paths = entries.map(|entry| entry.expect("a generated file").path());
        let mut sources: Vec<PathBuf> = paths.filter(|path| is_of_messages(path)).collect();
        sources.sort();
        sources
    }
}

impl Drop for Generated {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the command.
pub(crate) fn messi() -> Command {
    Command::new(env!("CARGO_BIN_EXE_messi"))
}

/// Returns whether a file is C of messages or of the codec, rather than of a client or a server.
fn is_of_messages(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_of_side = name.ends_with("_client.c") || name.ends_with("_server.c");
    let is_of_runtime = name.starts_with("messi") && !name.starts_with("messi_codec");
    name.ends_with(".c") && !is_of_side && !is_of_runtime
}
