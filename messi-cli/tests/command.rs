//! The command line: arguments, files, errors and exit codes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

const CHAT: &str = r#"syntax = "proto3";
package chat;
message ClientToServer { oneof messages { ConnectReq connect_req = 1; } }
message ServerToClient { oneof messages { ConnectRsp connect_rsp = 1; } }
message ConnectReq { string user = 1; }
message ConnectRsp {}
"#;

const TYPES: &str = r#"syntax = "proto3"; package types; message Point { int32 x = 1; }"#;

/// A directory with schemas in which the command runs. It is removed when dropped.
struct Directory(PathBuf);

impl Directory {
    fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("command-{}-{number}", std::process::id());
        let directory = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        for (name, text) in files {
            let path = directory.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directory
    }

    fn messi(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_messi"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    /// Runs the command, which must succeed without a message.
    fn succeed(&self, arguments: &[&str]) {
        let output = self.messi(arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }

    /// Runs the command, which must fail with this exit code, and returns its message.
    fn fail(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.messi(arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Returns the names of the files below a directory.
    fn files(&self, directory: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.0.join(directory)) else {
            return Vec::new();
        };
        let name = |it: std::io::Result<fs::DirEntry>| it.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_version_is_printed_bare() {
    let output = Directory::new(&[("empty", "")]).messi(&["--version"]);
    let version = String::from_utf8(output.stdout).unwrap();
    assert_eq!(version, concat!(env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_arguments_exit_with_2() {
    let directory = Directory::new(&[("chat.proto", CHAT)]);
    for (arguments, expected) in [
        (vec![], "subcommand"),
        (vec!["generate_c_source"], "FILE"),
        (
            vec!["generate_c_source", "-p", "zephyr", "chat.proto"],
            "[possible values: linux, async, none]",
        ),
        (
            vec!["generate_py_source", "-s", "peer", "chat.proto"],
            "[possible values: both, client, server]",
        ),
    ] {
        let message = directory.fail(2, &arguments);
        assert!(message.starts_with("error: "), "{message}");
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(directory.files("."), ["chat.proto"]);
}

#[test]
fn the_output_directory_is_created() {
    let directory = Directory::new(&[("chat.proto", CHAT)]);
    directory.succeed(&["generate_c_source", "-o", "made/c", "chat.proto"]);
    directory.succeed(&["generate-py-source", "-o", "made/python", "chat.proto"]);
    let c = [
        "chat.c",
        "chat.h",
        "chat_client.c",
        "chat_client.h",
        "chat_server.c",
        "chat_server.h",
    ];
    assert_eq!(directory.files("made/c"), c);
    let python = [
        "chat_client.py",
        "chat_pb2.py",
        "chat_pb2.pyi",
        "chat_server.py",
    ];
    assert_eq!(directory.files("made/python"), python);
}

#[test]
fn a_side_is_generated_alone() {
    let directory = Directory::new(&[("chat.proto", CHAT)]);
    directory.succeed(&["generate_c_source", "-s", "client", "-o", "c", "chat.proto"]);
    assert_eq!(
        directory.files("c"),
        ["chat.c", "chat.h", "chat_client.c", "chat_client.h"]
    );
    directory.succeed(&[
        "generate_py_source",
        "-s",
        "server",
        "-o",
        "p",
        "chat.proto",
    ]);
    assert_eq!(
        directory.files("p"),
        ["chat_pb2.py", "chat_pb2.pyi", "chat_server.py"]
    );
}

#[test]
fn a_file_without_a_protocol_generates_messages_alone() {
    let directory = Directory::new(&[("types.proto", TYPES)]);
    directory.succeed(&["generate_c_source", "-o", "c", "types.proto"]);
    assert_eq!(directory.files("c"), ["types.c", "types.h"]);
    directory.succeed(&["generate_py_source", "-o", "p", "types.proto"]);
    assert_eq!(directory.files("p"), ["types_pb2.py", "types_pb2.pyi"]);
}

#[test]
fn half_a_protocol_is_warned_of() {
    let half = CHAT.replace("ServerToClient", "ServerToClients");
    let directory = Directory::new(&[("chat.proto", &half)]);
    let output = directory.messi(&["generate_c_source", "-o", "c", "chat.proto"]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "warning: found the message `ClientToServer` without `ServerToClient` in `chat.proto`: no client and no server are generated\n"
    );
    assert_eq!(directory.files("c"), ["chat.c", "chat.h"]);
}

#[test]
fn problems_of_all_files_are_reported_with_their_places_and_nothing_is_written() {
    let directory = Directory::new(&[
        ("chat.proto", CHAT),
        ("a.proto", "syntax = \"proto3\"; message A { B b = 1; }"),
        ("b.proto", "syntax = \"proto2\";"),
    ]);
    let files = ["chat.proto", "a.proto", "b.proto", "missing.proto"];
    for command in ["generate_c_source", "generate_py_source"] {
        let mut arguments = vec![command, "-o", "out"];
        arguments.extend(files);
        let message = directory.fail(1, &arguments);
        let errors: Vec<&str> = message.split("\n\n").collect();
        assert_eq!(errors.len(), 3, "{message}");
        assert!(errors[0].contains("--> a.proto:1:32"), "{message}");
        assert!(errors[1].contains("--> b.proto:1:10"), "{message}");
        assert!(errors[2].contains("`missing.proto`"), "{message}");
        assert!(errors.iter().all(|error| error.starts_with("error: ")));
        assert_eq!(directory.files("out"), [""; 0]);
    }
}

#[test]
fn files_for_options_alone_are_not_included_in_c() {
    let old = r#"syntax = "proto2"; package old; import "google/protobuf/descriptor.proto";
        extend google.protobuf.FieldOptions { optional int32 unit = 50000; }"#;
    let chat = CHAT.replace(
        "package chat;",
        "package chat; import \"old.proto\"; import \"types.proto\";",
    );
    let directory = Directory::new(&[
        (
            "chat.proto",
            &chat.replace("user = 1", "user = 1 [(old.unit) = 1]"),
        ),
        ("old.proto", old),
        ("types.proto", TYPES),
    ]);
    directory.succeed(&["generate_c_source", "chat.proto"]);
    let header = directory.read("chat.h");
    assert!(header.contains("#include \"types.h\""), "{header}");
    assert!(!header.contains("old.h"), "{header}");
    // As with protoc, the descriptor needs the other file.
    directory.succeed(&["generate_py_source", "chat.proto"]);
    let module = directory.read("chat_pb2.py");
    assert!(module.contains("import old_pb2 as _old_pb2"), "{module}");
}

#[test]
fn python_takes_the_types_of_plugins_from_their_package() {
    let types = r#"syntax = "proto3"; package types; import "google/protobuf/compiler/plugin.proto";
        import "google/protobuf/own.proto";
        message A { google.protobuf.compiler.CodeGeneratorResponse.File file = 1; google.protobuf.own.B b = 2; }"#;
    let own = r#"syntax = "proto3"; package google.protobuf.own; message B {}"#;
    let directory = Directory::new(&[("types.proto", types), ("google/protobuf/own.proto", own)]);
    directory.succeed(&["generate_py_source", "types.proto"]);
    let module = directory.read("types_pb2.py");
    assert!(
        module.contains("from google.protobuf.compiler import plugin_pb2 as"),
        "{module}"
    );
    assert!(module.contains("\nimport own_pb2 as _own_pb2"), "{module}");
    let stub = directory.read("types_pb2.pyi");
    assert!(
        stub.contains("plugin_pb2.CodeGeneratorResponse.File"),
        "{stub}"
    );
    let error = directory.fail(1, &["generate_c_source", "types.proto"]);
    assert!(error.contains("which there is not in C"), "{error}");
}

#[test]
fn all_files_of_a_directory_are_checked() {
    let missing = r#"syntax = "proto3"; message A { Missing x = 1; Other y = 2; }"#;
    let clash = r#"syntax = "proto3"; message foo_bar {} message FooBar {}"#;
    let directory = Directory::new(&[
        ("protos/chat.proto", CHAT),
        ("protos/deep/types.proto", TYPES),
        ("protos/deep/missing.proto", missing),
        (
            "protos/missing.proto",
            &missing.replace("Missing", "Absent"),
        ),
        ("protos/old.proto", r#"syntax = "proto2";"#),
        ("protos/clash.proto", clash),
        (
            "protos/imports.proto",
            r#"syntax = "proto3"; import "deep/types.proto"; import "far.proto";"#,
        ),
        (
            "third_party/far.proto",
            TYPES.replace("types", "far").as_str(),
        ),
        ("protos/README.md", "# No schema"),
    ]);
    let arguments = ["check", "-I", "third_party", "protos"];
    let output = directory.messi(&arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (report, times) = text.split_once("slowest: ").unwrap();
    assert_eq!(
        report,
        "`protos`: accepted 4 of 6 files of proto3 (66.7 %), left out 1 of other syntaxes
refused 2: found the unknown type `…`
    found the unknown type `Missing`
     --> deep/missing.proto:1:32
      |
    1 | syntax = \"proto3\"; message A { Missing x = 1; Other y = 2; }
      |                                ^^^^^^^
      = help: declare it, or import the file that does
"
    );
    assert_eq!(times.lines().count(), 3);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "error: refused 2 of the files in `protos`\n");

    let output = directory.messi(&["check", "--rust", "-I", "third_party", "protos"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let cause =
        "refused 1: found the message `…` beside the message `…`: both become `…` in Rust\n";
    assert!(text.contains(cause), "{text}");

    // Files beside directories.
    let output = directory.messi(&["check", "third_party", "protos/chat.proto"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("`third_party`: accepted 1 of 1 files"),
        "{text}"
    );
}

#[test]
fn files_are_checked_without_writing() {
    let directory = Directory::new(&[
        ("chat.proto", CHAT),
        ("a.proto", "syntax = \"proto3\"; message A { B b = 1; }"),
    ]);
    directory.succeed(&["check", "chat.proto"]);
    let message = directory.fail(1, &["check", "chat.proto", "a.proto"]);
    assert!(message.starts_with("error: ") && message.contains("--> a.proto:1:32"));
    assert_eq!(directory.files("."), ["a.proto", "chat.proto"]);
}

#[test]
fn imports_are_found_beside_the_file_and_in_the_import_paths() {
    let types = "import \"types.proto\"; import \"more/more.proto\";";
    let chat = CHAT.replace("package chat;", &format!("package chat; {types}"));
    let more = TYPES.replace("types", "more");
    let directory = Directory::new(&[
        ("protos/chat.proto", &chat),
        ("protos/types.proto", TYPES),
        ("third_party/more/more.proto", &more),
    ]);
    directory.succeed(&["check", "-I", "third_party", "protos/chat.proto"]);
    let message = directory.fail(1, &["check", "protos/chat.proto"]);
    assert!(
        message.contains("can't find the import \"more/more.proto\""),
        "{message}"
    );
    let message = directory.fail(1, &["check", "-I", "missing", "protos/chat.proto"]);
    assert!(
        message.contains("can't find the directory `missing`"),
        "{message}"
    );
}

#[test]
fn two_files_do_not_overwrite_each_other() {
    let other = CHAT.replace("package chat;", "package other;");
    let directory = Directory::new(&[("a/chat.proto", CHAT), ("b/chat.proto", &other)]);
    let files = ["a/chat.proto", "b/chat.proto"];
    for command in ["generate_c_source", "generate_py_source"] {
        let message = directory.fail(1, &[command, "-o", "out", files[0], files[1]]);
        assert!(
            message.contains("`a/chat.proto` and `b/chat.proto` both generate `chat"),
            "{message}"
        );
    }
}

#[test]
fn a_depfile_lists_written_and_read_files() {
    let chat = CHAT.replace("package chat;", "package chat; import \"types.proto\";");
    let directory = Directory::new(&[
        ("my protos/chat.proto", &chat),
        ("my protos/types.proto", TYPES),
    ]);
    let schema = "my protos/chat.proto";
    let client = ["-s", "client", "--depfile", "chat.d", "-o", "gen", schema];
    let mut arguments = vec!["generate_c_source"];
    arguments.extend(client);
    directory.succeed(&arguments);
    assert_eq!(
        directory.read("chat.d"),
        "gen/chat.c \\\n  gen/chat.h \\\n  gen/chat_client.c \\\n  gen/chat_client.h: my\\ protos/chat.proto \\\n  my\\ protos/types.proto\n"
    );
}

#[test]
fn the_files_of_a_run_are_printed_on_demand() {
    let directory = Directory::new(&[("types.proto", TYPES)]);
    let output = directory.messi(&["-d", "generate_c_source", "-o", "gen", "types.proto"]);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "read types.proto\nwrote gen/types.c\nwrote gen/types.h\n"
    );
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let directory = Directory::new(&[("types.proto", TYPES), ("gen", "a file")]);
    let message = directory.fail(1, &["generate_c_source", "-o", "gen", "types.proto"]);
    assert!(
        message.starts_with("error: can't write `gen/types.c`: "),
        "{message}"
    );
}
