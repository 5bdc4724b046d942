//! Runs the tests in `tests/python` on generated code, with the oldest and the newest protobuf and Python, with
//! each implementation of protobuf, and once with uvloop.
//!
//! The first run installs packages. Without an index of packages the tests are reported as ignored, as they are
//! with a version of Python that the machine does not have; in CI, only the latter.

#[path = "../../tests/harness/arguments.rs"]
mod arguments;
#[allow(
    dead_code,
    unused_imports,
    reason = "tests of other crates use the rest"
)]
#[path = "../../tests/harness/preparation/mod.rs"]
mod preparation;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use std::{env, fs, iter};

use libtest_mimic::{Completion, Trial};

use preparation::{Cache, Unprepared, python, run};

/// An interpreter, with packages and the implementations of protobuf in them.
type Environment = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// What the tests run on. On versions of Python that are newer than itself, the oldest protobuf has no
/// compiled implementation.
const ENVIRONMENTS: &[Environment] = &[
    ("python3", &["protobuf==3.20.3"], &["python"]),
    ("python3", &["protobuf==4.25.8"], &["python", "upb"]),
    (
        "python3",
        &["protobuf==7.36.2", "uvloop==0.23.0"],
        &["python", "upb"],
    ),
    ("python3.9", &["protobuf==3.20.3"], &["cpp", "python"]),
    ("python3.13", &["protobuf==7.36.2"], &["upb"]),
];

/// The packages with which types are checked.
const TYPE_CHECKER: &[&str] = &[
    "mypy==2.4.1",
    "protobuf==7.36.2",
    "types-protobuf==7.35.1.20260906",
];

/// The schemas, as arguments of the command.
const SCHEMAS: &[&str] = &[
    "-I",
    "messi-cli/tests/python/protos",
    "examples/chat/chat.proto",
    "examples/my_protocol.proto",
    "docs/room.proto",
    "messi-cli/tests/python/protos/every-thing.v2.proto",
    "messi-cli/tests/python/protos/shapes/colors.proto",
    "messi-cli/tests/python/protos/shapes/shapes.proto",
];

/// The programs whose types are checked, besides the generated ones.
const PROGRAMS: &[&str] = &[
    "examples/chat/python/client.py",
    "examples/chat/python/server.py",
    "examples/my_protocol/python/client.py",
    "examples/my_protocol/python/server.py",
    "messi-cli/tests/python/typed_use.py",
];

/// Tests that run at the same time, unless the arguments say otherwise: some of them wait for a package index.
const THREADS: usize = 4;

fn main() -> ExitCode {
    // The longest test comes first.
    let mut trials = vec![trial("types".into(), check_types)];
    trials.extend(ENVIRONMENTS.iter().flat_map(trials_of));
    trials.extend(CLASHES.iter().map(clash));
    let conclusion = libtest_mimic::run(&arguments::with_threads(THREADS), trials);
    if let Some(directory) = GENERATED.get() {
        let _ = fs::remove_dir_all(directory);
    }
    conclusion.exit_code()
}

/// Returns a test for each implementation of protobuf.
fn trials_of(
    &(interpreter, packages, implementations): &Environment,
) -> impl Iterator<Item = Trial> {
    // The first of them creates the environment, and others of the same environment wait for it.
    let python = Arc::new(OnceLock::new());
    implementations.iter().map(move |implementation| {
        let python = python.clone();
        let name = format!("{interpreter} {} {implementation}", packages.join(" "));
        trial(name, move || {
            let python = python.get_or_init(|| environment(interpreter, packages));
            run_tests(python.as_ref().map_err(Clone::clone)?, implementation)
        })
    })
}

fn trial(name: String, test: impl FnOnce() -> Result<(), Unprepared> + Send + 'static) -> Trial {
    Trial::ignorable_test(name, || match test() {
        Ok(()) => Ok(Completion::Completed),
        Err(unprepared) => unprepared.outcome(),
    })
}

fn run_tests(python: &Path, implementation: &str) -> Result<(), Unprepared> {
    let tests = repository().join("messi-cli/tests/python");
    let path = env::join_paths([generated().join("flat"), tests.clone()]).expect("no separators");
    succeed(
        Command::new(python)
            .args(["-W", "error", "-m", "unittest", "discover"])
            .current_dir(tests)
            .env("PYTHONPATH", path)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("MESSI_PACKAGE", generated().join("package"))
            .env("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", implementation),
    );
    Ok(())
}

/// Checks the types of generated code and of programs that use it.
fn check_types() -> Result<(), Unprepared> {
    let python = environment("python3", TYPE_CHECKER)?;
    let flat = generated().join("flat");
    let programs = PROGRAMS.iter().map(|program| repository().join(program));
    for program in programs.chain(iter::once(flat.clone())) {
        check_types_of(&python, &program, &flat);
    }
    let package = generated().join("package");
    check_types_of(&python, &package.join("acme"), &package);
    Ok(())
}

fn check_types_of(python: &Path, program: &Path, path: &Path) {
    succeed(
        Command::new(python)
            .args(["-m", "mypy", "--strict"])
            .arg(program)
            // The types of the packages are read once for all programs.
            .arg("--cache-dir")
            .arg(generated().join("types"))
            .env("MYPYPATH", path),
    );
}

/// Schemas with names that clash, and parts of the message.
const CLASHES: &[(&str, [&str; 2], &[&str])] = &[
    (
        "a member with the name of a callback",
        ["Empty empty = 1;", "Empty connected = 1;"],
        &[
            "the member `connected` would generate the method `on_connected`, which has another meaning",
            "-->",
            ":3:49",
        ],
    ),
    (
        "a request with the name of a method",
        [
            "Empty a_req = 1; Empty send_a_req = 2;",
            "Empty a_rsp = 1; Empty send_a_rsp = 2;",
        ],
        &["the members `a_req` and `send_a_req` would both generate the method `send_a_req`"],
    ),
    (
        "a member with the name of a callback of a server",
        ["Empty client_disconnected = 1;", "Empty empty = 1;"],
        &[
            "would generate the method `on_client_disconnected`",
            "give it another name",
        ],
    ),
];

/// Returns the test of a schema with names that clash.
fn clash(
    &(name, [to_server, to_client], expected): &(
        &'static str,
        [&'static str; 2],
        &'static [&'static str],
    ),
) -> Trial {
    Trial::test(name, move || {
        let schema = format!(
            "syntax = \"proto3\";\n\
             message ClientToServer {{ oneof messages {{ {to_server} }} }}\n\
             message ServerToClient {{ oneof messages {{ {to_client} }} }}\n\
             message Empty {{}}\n"
        );
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("clash-{}", std::process::id()))
            .join(name);
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("a.proto"), schema)?;
        let output = Command::new(env!("CARGO_BIN_EXE_messi"))
            .args(["generate_py_source", "a.proto"])
            .current_dir(&directory)
            .output()?;
        let files = fs::read_dir(&directory)?.count();
        fs::remove_dir_all(&directory)?;
        // The last test removes the directory of all.
        let _ = directory.parent().map(fs::remove_dir);
        let message = String::from_utf8_lossy(&output.stderr);
        for part in expected {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(files, 1, "only the schema");
        Ok(())
    })
}

/// Runs a program, which must succeed.
fn succeed(command: &mut Command) {
    match run(command) {
        Ok(_) => {}
        Err(Unprepared::Broken(output)) => panic!("{output}"),
        Err(missing) => panic!("{missing}"),
    }
}

static GENERATED: OnceLock<PathBuf> = OnceLock::new();

/// Returns the directory of the generated code. The first call fills it.
fn generated() -> &'static Path {
    GENERATED.get_or_init(|| {
        let name = format!("python-{}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        generate(&directory.join("flat"), &[]);
        generate(&directory.join("package"), &["--package", "acme.proto"]);
        directory
    })
}

fn generate(directory: &Path, options: &[&str]) {
    succeed(
        Command::new(env!("CARGO_BIN_EXE_messi"))
            .args(["generate_py_source", "-o"])
            .arg(directory)
            .args(options)
            .args(SCHEMAS)
            .current_dir(repository()),
    );
}

/// Returns the interpreter of an environment with these packages, and creates it if necessary.
fn environment(interpreter: &str, packages: &[&str]) -> Result<PathBuf, Unprepared> {
    let version = "import sys; print(sys.version, sys.base_prefix)";
    let version =
        run(Command::new(interpreter).args(["-c", version])).map_err(
            |error| match interpreter {
                "python3" => error,
                _ => Unprepared::Unsupported("this version of Python is not installed"),
            },
        )?;
    let fill = |directory: &Path| {
        eprintln!("installing {} for {interpreter}, once", packages.join(", "));
        create_environment(interpreter, directory)?;
        python::install(&python::interpreter(directory), &[], packages)
    };
    let directory = Cache::open()?.directory("python", (version, packages), fill)?;
    Ok(python::interpreter(&directory))
}

fn create_environment(interpreter: &str, directory: &Path) -> Result<(), Unprepared> {
    let created = run(Command::new(interpreter)
        .args(["-m", "venv", "environment"])
        .current_dir(directory));
    match created {
        // Some distributions package it apart from the interpreter.
        Err(Unprepared::Broken(output)) if output.contains("ensurepip") => Err(
            Unprepared::Missing(format!("the venv module of {interpreter}")),
        ),
        other => other.map(drop),
    }
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("the package is in the repository")
        .into()
}
