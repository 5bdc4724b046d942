//! The command `messi`: generates C and Python, client and server, from proto3 files.
//!
//! [`run`] is all that there is: use the command, or build scripts with the crate `messi-codegen` for Rust.
//!
//! `arguments` declares the command line, and `commands` carries it out: `messi-schema` reads each
//! file, the back end of a language (`c`, `python`) turns the schema into files by `templates`, and
//! `output` writes all files at the end. `survey` checks all files of a directory.

mod arguments;
mod c;
mod commands;
mod depfile;
mod error;
mod names;
mod output;
mod python;
mod survey;
mod templates;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use self::arguments::{Arguments, Command};

/// Runs the command with these arguments, of which the first is its own name. Errors go to standard error.
///
/// Returns 0 on success, 1 if a file has problems or can't be written, and 2 for wrong arguments.
///
/// ```
/// use messi_cli::run;
///
/// run(["messi", "--version"]);
/// ```
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => carry_out(arguments),
        Err(error) => exit_code(&error),
    }
}

/// Prints a wrong use of arguments, or the help.
fn exit_code(error: &clap::Error) -> ExitCode {
    // Where standard error is closed, there is no place to report that.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}

fn carry_out(arguments: Arguments) -> ExitCode {
    if arguments.version {
        println!("{}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    let debug = arguments.debug;
    let result = match arguments.command {
        Some(Command::GenerateC(command)) => commands::generate_c(&command, debug),
        Some(Command::GeneratePython(command)) => commands::generate_python(&command, debug),
        Some(Command::Check(command)) => commands::check(&command, debug),
        None => {
            let mut command = Arguments::command();
            return exit_code(
                &command.error(ErrorKind::MissingSubcommand, "a subcommand is required"),
            );
        }
    };
    let Err(errors) = result else {
        return ExitCode::SUCCESS;
    };
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    eprintln!("{}", errors.join("\n\n"));
    ExitCode::FAILURE
}
