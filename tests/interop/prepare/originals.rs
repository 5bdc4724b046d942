//! Generates the original's code for the chat schema, and compiles programs around the C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Programs;
use super::sources::{compiled, in_peers, read, schema};
use super::tools::Tools;
use crate::preparation::{Cache, Unprepared, broken, run};

/// Returns the programs for the current schema and sources, and builds them if necessary.
pub(super) fn build(cache: &Cache, tools: &Tools) -> Result<Programs, Unprepared> {
    let schema = read(&schema())?;
    let inputs = (&schema, compiled()?, &tools.python);
    let directory = cache.directory("originals", inputs, |directory| {
        generate(tools, directory, &schema)?;
        compile(tools, directory, "chat_client")?;
        compile(tools, directory, "chat_server")
    })?;

    Ok(Programs {
        generator: "original",
        c_client: directory.join("chat_client"),
        c_server: directory.join("chat_server"),
        modules: directory.join("generated"),
    })
}

fn generate(tools: &Tools, directory: &Path, schema: &str) -> Result<(), Unprepared> {
    let generated = directory.join("generated");
    fs::create_dir(&generated).map_err(|error| broken("create", &generated, &error))?;
    let copy = directory.join("chat.proto");
    fs::write(&copy, schema).map_err(|error| broken("write", &copy, &error))?;

    run_generator(
        tools,
        directory,
        &["generate_c_source", "-p", "linux", "-s", "both"],
    )?;
    // The import path decides the directory of the module with the messages.
    run_generator(tools, directory, &["generate_py_source", "-I", "."])
}

fn run_generator(tools: &Tools, directory: &Path, arguments: &[&str]) -> Result<(), Unprepared> {
    run(Command::new(&tools.python)
        .args(["-m", "messi"])
        .args(arguments)
        .args(["-o", "generated", "chat.proto"])
        .current_dir(directory))
    .map(drop)
}

/// Compiles a peer: our sources with all usual warnings, the original's without warnings.
fn compile(tools: &Tools, directory: &Path, name: &str) -> Result<(), Unprepared> {
    let own = [in_peers(&format!("{name}.c")), in_peers("script.c")];
    let original = [
        directory.join(format!("generated/{name}.c")),
        directory.join("generated/chat.c"),
        tools.runtimes.join("messi/c_source/messi.c"),
        tools.runtimes.join("pbtools/c_source/pbtools.c"),
    ];

    let mut objects = compile_objects(tools, directory, &own, &["-Wall", "-Wextra", "-Werror"])?;
    objects.extend(compile_objects(tools, directory, &original, &["-w"])?);
    run(Command::new("gcc")
        .args(&objects)
        .arg("-o")
        .arg(directory.join(name)))
    .map(drop)
}

fn compile_objects(
    tools: &Tools,
    directory: &Path,
    sources: &[PathBuf],
    warnings: &[&str],
) -> Result<Vec<PathBuf>, Unprepared> {
    sources
        .iter()
        .map(|source| compile_object(tools, directory, source, warnings))
        .collect()
}

fn compile_object(
    tools: &Tools,
    directory: &Path,
    source: &Path,
    warnings: &[&str],
) -> Result<PathBuf, Unprepared> {
    let object = directory.join(object_name(source));

    run(Command::new("gcc")
        .args(["-O2", "-c"])
        .args(warnings)
        // Included like headers of the system, so that they cause no warnings.
        .arg("-isystem")
        .arg(directory.join("generated"))
        .arg("-isystem")
        .arg(tools.runtimes.join("messi/c_source"))
        .arg("-isystem")
        .arg(tools.runtimes.join("pbtools/c_source"))
        .arg(source)
        .arg("-o")
        .arg(&object))?;

    Ok(object)
}

/// Returns the name of an object file. A peer and its generated code have sources of the same name.
fn object_name(source: &Path) -> String {
    let mut parts: Vec<_> = source
        .iter()
        .rev()
        .take(2)
        .map(|part| part.to_string_lossy())
        .collect();
    parts.reverse();
    parts.join("-") + ".o"
}
