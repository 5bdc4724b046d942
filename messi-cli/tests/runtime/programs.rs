//! Test programs in C, which end with a message if a check fails.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::Test;
use crate::compilers::{SANITIZERS, test_program};
use crate::generated::{CHAT, Generated, in_repository};
use crate::preparation::{Unprepared, run};

pub(crate) const TESTS: &[Test] = &[
    ("core", || core(&[])),
    ("core_with_32_bits", || core(&["-m32"])),
    ("traces", || traces(&[])),
    ("traces_with_32_bits", || traces(&["-m32"])),
    ("traces_of_async", traces_of_async),
    ("client_of_async", client_of_async),
    ("sockets", || sockets(&[])),
    ("sockets_with_32_bits", || sockets(&["-m32"])),
    ("sockets_without_a_heap", || {
        sockets(&["-DMESSI_CONFIG_MALLOC=0"])
    }),
    ("fuzzed_core", || fuzz(&[])),
    ("fuzzed_core_with_32_bits", || fuzz(&["-m32"])),
];

/// Times for tests with real sockets.
const SHORT_TIMES: [&str; 6] = [
    "-DMESSI_CONFIG_RECONNECT_MIN_MS=10",
    "-DMESSI_CONFIG_PING_INTERVAL_MS=40",
    "-DMESSI_CONFIG_PING_TIMEOUT_MS=1500",
    "-DMESSI_CONFIG_CLIENT_TIMEOUT_MS=1500",
    "-DMESSI_CONFIG_PONG_INTERVAL_MS=10000",
    "-DMESSI_CONFIG_ACCEPT_PAUSE_MS=1000",
];

fn core(options: &[&str]) -> Result<(), Unprepared> {
    let options = [&["-std=c99"], options].concat();
    compile("none", &["core.c"], &options)?.run(&[])
}

fn traces(options: &[&str]) -> Result<(), Unprepared> {
    let options = [&["-std=c99"], options].concat();
    let executable = compile("none", &["trace.c", "trace_none.c"], &options)?;
    executable.run(&trace_files())
}

fn traces_of_async() -> Result<(), Unprepared> {
    compile_for_async(&["trace.c", "trace_async.c"])?.run(&trace_files())
}

fn client_of_async() -> Result<(), Unprepared> {
    compile_for_async(&["async_client.c"])?.run(&[])
}

/// Compiles programs with the stand-in of the framework.
fn compile_for_async(programs: &[&str]) -> Result<Executable, Unprepared> {
    let include = format!("-I{}", test_program("async").display());
    let programs = [programs, &["async/async.c"]].concat();
    compile("async", &programs, &["-std=c99", &include])
}

fn sockets(options: &[&str]) -> Result<(), Unprepared> {
    let wrap = "-Wl,--wrap=getaddrinfo,--wrap=freeaddrinfo";
    let options = [&["-std=gnu99", wrap], &SHORT_TIMES[..], options].concat();
    compile("linux", &["linux.c"], &options)?.run(&[])
}

fn fuzz(options: &[&str]) -> Result<(), Unprepared> {
    let options = [&["-std=c99"], options].concat();
    let executable = compile("none", &["fuzz_core.c"], &options)?;
    let setting = |name, default: &str| env::var(name).unwrap_or(default.into()).into();
    executable.run(&[setting("MESSI_SEED", "1"), setting("MESSI_INPUTS", "20000")])
}

/// A compiled program, in the directory of its sources.
struct Executable {
    path: PathBuf,
    /// Removes the directory when dropped.
    _generated: Generated,
}

impl Executable {
    fn run(&self, arguments: &[PathBuf]) -> Result<(), Unprepared> {
        run(Command::new(&self.path).args(arguments)).map(drop)
    }
}

/// Compiles a program with the chat for a platform, and with sanitizers.
fn compile(platform: &str, programs: &[&str], options: &[&str]) -> Result<Executable, Unprepared> {
    let options = [&SANITIZERS, options].concat();
    check_compiler(&options)?;
    let generated = Generated::new(platform, CHAT)?;
    let programs: Vec<PathBuf> = programs.iter().map(|name| test_program(name)).collect();
    Ok(Executable {
        path: generated.compile(&programs, &options)?,
        _generated: generated,
    })
}

/// Compiles an empty program, to see whether the compiler has libraries for the options.
fn check_compiler(options: &[&str]) -> Result<(), Unprepared> {
    let compiled = run(Command::new("gcc")
        .args(options)
        .arg(test_program("empty.c"))
        .args(["-o", "/dev/null"]));
    compiled.map(drop).map_err(|error| match error {
        Unprepared::Broken(_) if options.contains(&"-m32") => {
            Unprepared::Unsupported("the compiler has no libraries for 32 bits")
        }
        other => other,
    })
}

fn trace_files() -> Vec<PathBuf> {
    let names = ["client.txt", "reconnect.txt", "server.txt"];
    let directory = in_repository("messi-cli/tests/traces");
    names.iter().map(|name| directory.join(name)).collect()
}
