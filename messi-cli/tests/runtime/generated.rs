//! Directories with generated C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::preparation::{Unprepared, broken, run};

/// The schema of the chat. Paths are relative to this package.
pub(crate) const CHAT: &str = "../examples/chat/chat.proto";

/// The schema of the example `my_protocol`.
pub(crate) const MY_PROTOCOL: &str = "../examples/my_protocol.proto";

/// A directory with the C of a schema, and the runtime. It is removed when dropped.
pub(crate) struct Generated(PathBuf);

impl Generated {
    /// Generates C for a platform: all sides that it has.
    pub(crate) fn new(platform: &str, schema: &str) -> Result<Self, Unprepared> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("runtime-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).map_err(|error| broken("create", &path, &error))?;
        let generated = Self(path);
        run(Command::new(env!("CARGO_BIN_EXE_messi"))
            .args(["generate_c_source", "-p", platform, "--runtime", "-o"])
            .arg(&generated.0)
            .arg(schema)
            .current_dir(env!("CARGO_MANIFEST_DIR")))?;
        Ok(generated)
    }

    /// Returns the path of a file in this directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the files with this extension, sorted.
    pub(crate) fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).expect("a generated directory");
        let paths = entries.map(|entry| entry.expect("a generated file").path());
        let mut files: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|it| it == extension))
            .collect();
        files.sort();
        files
    }

    /// Compiles programs with all generated sources, and returns the path of the executable.
    pub(crate) fn compile(
        &self,
        programs: &[PathBuf],
        options: &[&str],
    ) -> Result<PathBuf, Unprepared> {
        let executable = self.path("program");
        run(Command::new("gcc")
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(options)
            .arg("-I")
            .arg(&self.0)
            .args(programs)
            .args(self.files("c"))
            .arg("-o")
            .arg(&executable))?;
        Ok(executable)
    }
}

impl Drop for Generated {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns a path in the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
