//! The command `messi`: generates C and Python, client and server, from proto3 files.
//!
//! `arguments` declares the command line, and `commands` carries it out: `messi-schema` reads each
//! file, the back end of a language (`c`, `python`) turns the schema into files by `templates`, and
//! `output` writes all files at the end.

mod arguments;
mod c;
mod commands;
mod depfile;
mod error;
mod names;
mod output;
mod python;
mod templates;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use self::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.version {
        println!("{}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    let Some(command) = arguments.command else {
        let missing = "a subcommand is required";
        Arguments::command()
            .error(ErrorKind::MissingSubcommand, missing)
            .exit();
    };
    let result = match command {
        Command::GenerateC(command) => commands::generate_c(&command, arguments.debug),
        Command::GeneratePython(command) => commands::generate_python(&command, arguments.debug),
        Command::Check(input) => commands::check(&input, arguments.debug),
    };
    let Err(errors) = result else {
        return ExitCode::SUCCESS;
    };
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    eprintln!("{}", errors.join("\n\n"));
    ExitCode::FAILURE
}
