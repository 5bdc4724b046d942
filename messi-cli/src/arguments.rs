//! The arguments of the command.
//!
//! Subcommands, options and defaults are those of the original Messi, which scripts and Makefiles call.
//! `check`, `none`, `--runtime`, `--depfile` and `--package` are additions.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Generates C and Python from proto3 files.
#[derive(Debug, Parser)]
#[command(name = "messi", about, disable_version_flag = true)]
pub(crate) struct Arguments {
    /// Print the files that are read and written
    #[arg(short, long)]
    pub(crate) debug: bool,
    /// Print the version
    #[arg(long, action = ArgAction::SetTrue, exclusive = true)]
    pub(crate) version: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Generate C source code
    #[command(name = "generate_c_source", visible_alias = "generate-c-source")]
    GenerateC(GenerateC),
    /// Generate Python source code
    #[command(name = "generate_py_source", visible_alias = "generate-py-source")]
    GeneratePython(GeneratePython),
    /// Check files, and all files of directories, without writing anything
    Check(Check),
}

/// The files to read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Input {
    /// Search imports in this directory as well; may be given several times
    #[arg(short = 'I', long = "import-path", value_name = "DIR")]
    pub(crate) import_paths: Vec<PathBuf>,
    /// The proto3 files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Check as well whether the names differ in Rust
    #[arg(long)]
    pub(crate) rust: bool,
    #[command(flatten)]
    pub(crate) input: Input,
}

/// The files to write.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Write the files into this directory, which is created if it does not exist
    #[arg(
        short,
        long = "output-directory",
        value_name = "DIR",
        default_value = "."
    )]
    pub(crate) output_directory: PathBuf,
    /// Write a rule for make, CMake or ninja that lists the written files and those they depend on
    #[arg(long, value_name = "FILE")]
    pub(crate) depfile: Option<PathBuf>,
}

/// The sides to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// The client and the server
    Both,
    /// The client
    Client,
    /// The server
    Server,
}

impl Side {
    /// Returns whether the client is generated.
    pub(crate) fn has_client(self) -> bool {
        self != Self::Server
    }

    /// Returns whether the server is generated.
    pub(crate) fn has_server(self) -> bool {
        self != Self::Client
    }
}

/// The platform of generated C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// Linux, with epoll
    Linux,
    /// The framework async
    Async,
    /// No operating system: the program moves the bytes
    None,
}

/// Arguments of `generate_c_source`.
#[derive(Debug, Args)]
pub(crate) struct GenerateC {
    /// The platform
    #[arg(short, long, value_enum, default_value_t = Platform::Linux)]
    pub(crate) platform: Platform,
    /// The sides to generate
    #[arg(short, long, value_enum, default_value_t = Side::Both)]
    pub(crate) side: Side,
    /// Write the runtime as well, so that nothing else is needed
    #[arg(long)]
    pub(crate) runtime: bool,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) input: Input,
}

/// Arguments of `generate_py_source`.
#[derive(Debug, Args)]
pub(crate) struct GeneratePython {
    /// The sides to generate
    #[arg(short, long, value_enum, default_value_t = Side::Both)]
    pub(crate) side: Side,
    /// Generate a package of this name, whose modules import each other relatively
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) input: Input,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_those_of_the_original() {
        for name in ["generate_c_source", "generate-c-source"] {
            let arguments = Arguments::parse_from(["messi", name, "chat.proto"]);
            let Some(Command::GenerateC(generate)) = arguments.command else {
                panic!("{name} is another command");
            };
            assert_eq!(generate.platform, Platform::Linux);
            assert_eq!(generate.side, Side::Both);
            assert_eq!(generate.output.output_directory, PathBuf::from("."));
            assert!(!generate.runtime);
        }
    }
}
