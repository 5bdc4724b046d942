//! Generates our C and Python for the chat schema, and compiles programs around the C.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode};

use super::Programs;
use super::sources::{compiled, in_peers, read, schema};
use crate::preparation::{Cache, Unprepared, broken, run};

/// The warnings with which programs and generated code must compile.
const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// Returns the programs for the current generator, schema and sources, and builds them if necessary.
pub(super) fn build(cache: &Cache) -> Result<Programs, Unprepared> {
    let generated = Generated::new()?;
    let inputs = (generated.contents()?, compiled()?);
    let directory = cache.directory("ours", inputs, |directory| {
        generated.move_to(&directory.join("generated"))?;
        compile(directory, "chat_client")?;
        compile(directory, "chat_server")
    })?;

    Ok(Programs {
        generator: "our",
        c_client: directory.join("chat_client"),
        c_server: directory.join("chat_server"),
        modules: directory.join("generated"),
    })
}

/// A directory with the generated code. It is removed when dropped, if it was not moved.
struct Generated(PathBuf);

impl Generated {
    /// Runs the generator, which takes less time than to decide whether its sources have changed.
    fn new() -> Result<Self, Unprepared> {
        let name = format!("interop-{}", process::id());
        let generated = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        generated.run(&["generate_c_source", "-p", "linux", "--runtime"])?;
        generated.run(&["generate_py_source"])?;

        Ok(generated)
    }

    fn run(&self, arguments: &[&str]) -> Result<(), Unprepared> {
        let mut command = vec![OsString::from("messi")];
        command.extend(arguments.iter().map(OsString::from));
        command.extend(["-o".into(), self.0.clone().into(), schema().into()]);

        match messi_cli::run(command) {
            ExitCode::SUCCESS => Ok(()),
            code => Err(Unprepared::Broken(format!("the generator: {code:?}"))),
        }
    }

    /// Returns the names and the contents of all files, sorted.
    fn contents(&self) -> Result<Vec<(PathBuf, String)>, Unprepared> {
        files(&self.0)?
            .into_iter()
            .map(|path| Ok((path.file_name().unwrap_or_default().into(), read(&path)?)))
            .collect()
    }

    fn move_to(&self, target: &Path) -> Result<(), Unprepared> {
        fs::rename(&self.0, target).map_err(|error| broken("rename", &self.0, &error))
    }
}

impl Drop for Generated {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Compiles a program with the generated code and the runtime, all with the same warnings.
fn compile(directory: &Path, name: &str) -> Result<(), Unprepared> {
    let generated = directory.join("generated");
    let sources = files(&generated)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "c"));

    run(Command::new("gcc")
        .arg("-O2")
        .args(WARNINGS)
        .arg("-I")
        .arg(&generated)
        .args([in_peers(&format!("{name}.c")), in_peers("script.c")])
        .args(sources)
        .arg("-o")
        .arg(directory.join(name)))
    .map(drop)
}

/// Returns the files of a directory, sorted.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Unprepared> {
    let read = |error| broken("read", directory, &error);
    let entries = fs::read_dir(directory).map_err(read)?;
    let mut files = entries
        .map(|entry| Ok(entry.map_err(read)?.path()))
        .collect::<Result<Vec<_>, _>>()?;
    files.sort();

    Ok(files)
}
