//! Checks that packages of this workspace do not depend on certain crates, directly or indirectly; and programs that
//! depend on `messi` with few features: which crates they have, and that they run.

#[allow(dead_code, reason = "the tests of examples use the rest")]
#[path = "../harness/cargo.rs"]
mod cargo;
mod metadata;
mod program;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use self::metadata::{Metadata, output};
use self::program::Program;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Packages, each with the crates it must not depend on and the reason.
const RULES: &[(&str, &[&str], &str)] = &[
    (
        "messi-schema",
        &["proc-macro2", "quote", "syn"],
        "it is for back ends of any language",
    ),
    (
        "messi-wire",
        &[
            "async-io",
            "async-std",
            "futures",
            "log",
            "mio",
            "polling",
            "smol",
            "socket2",
            "tokio",
        ],
        "it has no I/O, no runtime and no log",
    ),
];

/// Sets of features of `messi`, each with the crates that a program with it must not have.
const RUNTIMES: &[(&str, &[&str])] = &[
    (
        "tokio",
        &[
            "async-io",
            "async-std",
            "async-task",
            "blocking",
            "polling",
            "smol",
        ],
    ),
    (
        "smol",
        &["async-std", "async-global-executor", "smol", "tokio"],
    ),
    ("async-std", &["smol", "tokio"]),
];

#[test]
fn a_program_has_no_runtime_but_the_chosen_one() {
    for (feature, excluded) in RUNTIMES {
        let dependencies = Program::new(feature).crates();
        let found: Vec<_> = excluded
            .iter()
            .filter(|it| dependencies.contains(**it))
            .collect();
        assert!(found.is_empty(), "with {feature} there are {found:?}");
    }
}

/// It only reads schemas a second time.
#[test]
fn a_program_need_not_build_protobuf_parse() {
    for (features, is_there) in [("async-std", false), ("async-std, protobuf-parse", true)] {
        let versions = Program::new(features).versions("protobuf-parse");
        assert_eq!(
            !versions.is_empty(),
            is_there,
            "with {features}: {versions:?}"
        );
    }
}

/// Each takes more of a build than any other crate of macros.
#[test]
fn a_program_builds_a_single_syn() {
    let versions = Program::new("async-std").versions("syn");
    assert_eq!(versions.len(), 1, "{versions:?}");
}

#[test]
fn the_numbers_of_crates_are_those_of_the_documentation() {
    let page = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let mut missing = Vec::new();
    for features in ["tokio", "smol", "async-std", "tokio, tls", "async-std, tls"] {
        let count = Program::new(features).crates().len();
        let row = format!("| `{features}` | {count} |");
        if !page.lines().any(|line| line == row) {
            missing.push(row);
        }
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md lacks: {missing:#?}");
}

#[test]
fn an_engine_adds_the_crates_of_the_documentation_and_no_other_runtime() {
    let page = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let mut missing = Vec::new();
    for features in ["tokio", "smol", "async-std", "tokio, tls", "async-std, tls"] {
        // It has no features for runtimes.
        let of_nats = if features.ends_with("tls") { "tls" } else { "" };
        let redis = engine_crates("messi-redis", features);
        let nats = engine_crates("messi-nats", of_nats);
        for runtime in ["async-io", "async-std", "smol"] {
            let may_be = runtime == "async-io" && !features.starts_with("tokio");
            let is_there = redis.contains(runtime) && !may_be || nats.contains(runtime);
            assert!(!is_there, "{runtime} with {features}");
        }
        let of_messi = Program::new(features).crates();
        let [redis, nats] = [redis, nats].map(|it| it.difference(&of_messi).count());
        let row = format!("| `{features}` | {redis} | {nats} |");
        if !page.lines().any(|line| line == row) {
            missing.push(row);
        }
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md lacks: {missing:#?}");
}

/// Returns the crates of an engine with these features, itself included, without those of procedural macros.
fn engine_crates(package: &str, features: &str) -> HashSet<String> {
    let tree = output(
        Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "--package", package])
            .args(["--edges", "normal,no-proc-macro", "--prefix", "none"])
            .args(["--no-default-features", "--features", features])
            .current_dir(ROOT),
    );
    let tree = String::from_utf8(tree).expect("UTF-8");
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.map(String::from).collect()
}

#[test]
fn a_program_runs_on_the_only_runtime_that_it_has() {
    for (features, lines) in [
        (
            "tokio",
            "outside: not inside of a runtime of tokio that has timers\ninside: Runtime(tokio): Hello!\n",
        ),
        (
            "testing",
            "outside: none of the features `async-std`, `smol` and `tokio` is on\n",
        ),
    ] {
        assert_eq!(Program::new(features).run(), lines, "with {features}");
    }
}

#[test]
fn packages_do_not_depend_on_excluded_crates() {
    let metadata = Metadata::load(Path::new(ROOT));
    for (package, excluded, reason) in RULES {
        let dependencies = metadata.dependencies(package);
        let found: Vec<&&str> = excluded
            .iter()
            .filter(|it| dependencies.contains(**it))
            .collect();
        assert!(found.is_empty(), "{package} depends on {found:?}: {reason}");
    }
}

#[test]
fn indirect_dependencies_are_found() {
    let metadata = Metadata::load(Path::new(ROOT));
    let dependencies = metadata.dependencies("messi-codegen");
    // Directly, and through messi-schema.
    assert!(dependencies.contains("syn") && dependencies.contains("protobuf-parse"));
    // A dependency of tests only.
    assert!(!dependencies.contains("heck"));
}
