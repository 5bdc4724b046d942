//! The commands.
//!
//! Each reads all files, reports the problems of all of them, and writes only if there is no problem.

use std::path::{Path, PathBuf};

use messi_schema::{Diagnostics, Expected, Locations, Schema};

use crate::arguments::{self, Check, GenerateC, GeneratePython, Input};
use crate::error::Error;
use crate::output::{GeneratedFile, Output};
use crate::{c, python, survey};

/// Generates C.
pub(crate) fn generate_c(command: &GenerateC, debug: bool) -> Result<(), Vec<Error>> {
    let back_end = c::BackEnd::new(command).map_err(|error| vec![error])?;
    let mut output = read(&command.input, |schema, diagnostics| {
        back_end.generate(schema, diagnostics)
    })?;
    if command.runtime {
        let added = output.add("--runtime", back_end.runtime(), Vec::new());
        added.map_err(|error| vec![error])?;
    }
    write(&output, &command.output, debug)
}

/// Generates Python.
pub(crate) fn generate_python(command: &GeneratePython, debug: bool) -> Result<(), Vec<Error>> {
    let back_end = python::BackEnd::new(command).map_err(|error| vec![error])?;
    let output = read(&command.input, |schema, diagnostics| {
        back_end.generate(schema, diagnostics)
    })?;
    write(&output, &command.output, debug)
}

/// Checks files and directories.
pub(crate) fn check(command: &Check, debug: bool) -> Result<(), Vec<Error>> {
    let check = |schema: &Schema, diagnostics: &mut Diagnostics| {
        if command.rust {
            messi_codegen::check(schema, diagnostics);
        }
    };
    let (mut input, mut errors) = (command.input.clone(), Vec::new());
    let is_directory = |path: &String| Path::new(path).is_dir();
    let directories: Vec<String> = input.files.extract_if(.., |it| is_directory(it)).collect();
    for directory in directories {
        match survey::survey(&directory, &input.import_paths, check) {
            Ok(survey) => {
                print!("{survey}");
                errors.extend(survey.error());
            }
            Err(error) => errors.push(error),
        }
    }
    let output = read(&input, |schema, diagnostics| {
        check(schema, diagnostics);
        Some(Ok(Vec::new()))
    });
    match output {
        Ok(output) => print_paths(debug, "read", output.sources()),
        Err(others) => errors.extend(others),
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors),
    }
}

/// Reads all files and generates from each. Reports the problems of all of them.
fn read(
    input: &Input,
    generate: impl Fn(&Schema, &mut Diagnostics) -> Option<Result<Vec<GeneratedFile>, Error>>,
) -> Result<Output, Vec<Error>> {
    let locations = Locations::of_command(input.import_paths.clone());
    let mut output = Output::default();
    let mut errors = Vec::new();
    for file in &input.files {
        let read = messi_schema::read_with(
            file,
            &locations,
            Expected::Messages,
            |schema, diagnostics| {
                let generated = generate(&schema, diagnostics)?;
                Some(generated.map(|generated| (generated, schema)))
            },
        );
        let added = read.map_err(Error::from).and_then(|result| {
            let (generated, schema) = result?;
            warn_of_half_a_protocol(file, &schema);
            output.add(file, generated, schema.sources)
        });
        errors.extend(added.err());
    }
    match errors.is_empty() {
        true => Ok(output),
        false => Err(errors),
    }
}

/// Warns if a file has the messages of one direction only. The original writes no client and no server
/// then, without a word.
fn warn_of_half_a_protocol(file: &str, schema: &Schema) {
    if let Some((found, missing)) = schema.half_a_protocol() {
        eprintln!(
            "warning: found the message `{found}` without `{missing}` in `{file}`: no client and no server are generated"
        );
    }
}

/// Writes all files.
fn write(output: &Output, to: &arguments::Output, debug: bool) -> Result<(), Vec<Error>> {
    let write = || {
        let written = output.write(&to.output_directory)?;
        if let Some(depfile) = &to.depfile {
            output.write_depfile(depfile, &written)?;
        }
        Ok(written)
    };
    let written = write().map_err(|error| vec![error])?;
    print_paths(debug, "read", output.sources());
    print_paths(debug, "wrote", &written);
    Ok(())
}

/// Prints paths if the user asked for it.
fn print_paths(debug: bool, verb: &str, paths: &[PathBuf]) {
    if debug {
        for path in paths {
            eprintln!("{verb} {}", path.display());
        }
    }
}
