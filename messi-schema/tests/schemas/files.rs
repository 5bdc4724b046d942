//! Files that are missing, import each other, or are not text.

use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::{fs, process::Command, sync::mpsc, thread, time::Duration};

use messi_schema::{Expected, Locations, read, read_text, read_with};

use super::common::{Schemas, brief, model, problems, with};
use super::problems_with;

#[test]
fn a_missing_schema_is_an_error_with_the_searched_places() {
    let schemas = Schemas::new(&[]);
    let locations = Locations {
        source_directory: Some(schemas.root().join("src")),
        root: schemas.root().into(),
        ..Locations::default()
    };
    let error = read("chat.proto", &locations).unwrap_err();
    assert_eq!(error.rest.name, "chat");
    let text = error.diagnostics[0].to_string();
    let tried = |path: &str| format!("`{}`", schemas.root().join(path).display());
    assert!(
        text.starts_with("can't read the schema `chat.proto`: it is not at "),
        "{text}"
    );
    assert!(text.contains(&tried("src/chat.proto")) && text.contains(&tried("chat.proto")));
}

/// Some editors do not report the Rust file.
#[test]
fn a_path_is_relative_to_cargo_toml_if_the_rust_file_is_unknown() {
    let schemas = Schemas::new(&[("chat.proto", &with("")), ("here/other.proto", &with(""))]);
    let working_directory = schemas.root().join("here");
    let locations = Locations::new(None, &working_directory, schemas.root());
    assert!(read("chat.proto", &locations).is_ok());
    let error = read("other.proto", &locations).unwrap_err();
    let expected = format!(
        "can't read the schema `other.proto`: it is not at `{}`\n help: the path is relative to the crate's Cargo.toml",
        schemas.root().join("other.proto").display()
    );
    assert_eq!(brief(&error.diagnostics[0]), expected);
}

#[test]
fn the_path_of_the_rust_file_is_relative_to_the_working_directory() {
    let schemas = Schemas::new(&[("here/src/chat.proto", &with(""))]);
    let working_directory = schemas.root().join("here");
    let file = Path::new("src/lib.rs");
    let absolute = working_directory.join(file);
    for file in [file, &absolute] {
        let locations = Locations::new(Some(file), &working_directory, schemas.root());
        let protocol = read("chat.proto", &locations).unwrap();
        let schema = working_directory.join("src/chat.proto");
        assert_eq!(protocol.sources, [schema]);
    }
}

#[test]
fn a_missing_import_is_an_error_at_its_place() {
    assert_eq!(
        problems(&with("").replace("package chat;", "package chat;\nimport \"none.proto\";")),
        ["can't find the import \"none.proto\": it is not at `none.proto`\n --> chat.proto:3:8"]
    );
}

#[test]
fn a_second_import_of_a_file_is_refused() {
    let import = "import \"google/protobuf/any.proto\";";
    let imports = format!("package chat;\n{import}\n{import}");
    assert_eq!(
        problems(&with("").replace("package chat;", &imports)),
        [
            "found a second import of \"google/protobuf/any.proto\"\n --> chat.proto:4:8\n help: the first is at chat.proto:3:8"
        ]
    );
}

#[test]
fn an_unknown_import_of_google_protobuf_is_an_error_at_its_place() {
    let import = "package chat;\nimport \"google/protobuf/time.proto\";";
    let problems = problems(&with("").replace("package chat;", import));
    let expected = "can't find the import \"google/protobuf/time.proto\": it is not at `google/protobuf/time.proto`\n --> chat.proto:3:8\n help: of `google/protobuf/`, these need no file: any.proto, ";
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with(expected), "{problems:?}");
}

#[test]
fn a_type_that_is_not_imported_is_refused_at_its_place() {
    assert_eq!(
        problems_with("message B { google.protobuf.Timestamp at = 1; }"),
        [
            "found the unknown type `google.protobuf.Timestamp`\n --> chat.proto:6:13\n help: add `import \"google/protobuf/timestamp.proto\";`"
        ]
    );
}

#[test]
fn an_import_outside_of_the_schemas_directory_is_refused() {
    let relative = "but imports are relative to the schema's directory";
    let slashes = "but directories are separated by `/`";
    for (import, problem) in [
        ("/etc/x.proto", relative),
        ("C:/x.proto", relative),
        ("c:x.proto", relative),
        ("../x.proto", "but a path has no empty part, `.` or `..`"),
        ("a\\\\b.proto", slashes),
        ("C:\\\\x.proto", slashes),
    ] {
        let text = with("").replace(
            "package chat;",
            &format!("package chat;\nimport \"{import}\";"),
        );
        let expected = format!("found the import of \"{import}\", {problem}\n --> chat.proto:3:8");
        assert_eq!(problems(&text), [expected]);
    }
}

#[test]
fn a_cycle_of_imports_is_refused_with_its_members() {
    let schemas = Schemas::new(&[
        (
            "chat.proto",
            &with("").replace("package chat;", "package chat; import \"b.proto\";"),
        ),
        ("b.proto", "syntax = \"proto3\";\nimport \"c.proto\";"),
        ("c.proto", "syntax = \"proto3\";\nimport \"b.proto\";"),
    ]);
    assert_eq!(
        schemas.read("chat.proto").unwrap_err(),
        ["found a cycle of imports: `b.proto` -> `c.proto` -> `b.proto`\n --> c.proto:2:8"]
    );
    let itself = with("").replace("package chat;", "package chat; import \"chat.proto\";");
    assert_eq!(
        problems(&itself),
        ["found a cycle of imports: `chat.proto` -> `chat.proto`\n --> chat.proto:2:22"]
    );
}

#[test]
fn a_file_imported_under_two_names_is_refused() {
    let itself = with("").replace(
        "package chat;",
        "package chat; import \"protos/chat.proto\";",
    );
    let schemas = Schemas::new(&[("protos/chat.proto", &itself), ("src/lib.rs", "")]);
    let problem = |name: &str| {
        format!(
            "found the import of \"protos/chat.proto\", the same file as \"chat.proto\"\n --> {name}:2:22\n help: a file has one name, by which all others import it"
        )
    };
    let name = "protos/chat.proto";
    assert_eq!(schemas.read(name).unwrap_err(), [problem(name)]);
    // The same file by another path.
    let name = "src/../protos/chat.proto";
    assert_eq!(schemas.read(name).unwrap_err(), [problem(name)]);
}

#[test]
fn text_that_is_not_utf8_is_refused_at_its_place() {
    let schemas = Schemas::new(&[]);
    schemas.add("chat.proto", b"syntax = \"proto3\";\n// \xff");
    assert_eq!(
        schemas.read("chat.proto").unwrap_err(),
        ["found bytes that are not UTF-8\n --> chat.proto:2:4"]
    );
}

#[test]
fn a_byte_order_mark_is_skipped_and_takes_no_column() {
    let schemas = Schemas::new(&[]);
    schemas.add("chat.proto", format!("\u{feff}{}", with("")).as_bytes());
    assert_eq!(schemas.read("chat.proto").unwrap().name, "chat");
    schemas.add("chat.proto", "\u{feff}syntax = \"proto4\";".as_bytes());
    assert_eq!(
        schemas.read("chat.proto").unwrap_err(),
        ["found the syntax \"proto4\", expected \"proto3\"\n --> chat.proto:1:10"]
    );
}

#[test]
fn files_may_have_windows_line_ends() {
    assert_eq!(model(&with("").replace('\n', "\r\n")).name, "chat");
}

#[test]
fn included_directories_are_searched_last() {
    let import = "package chat; import \"types.proto\"; import \"more.proto\";";
    let schema = with("message B { T t = 1; M m = 2; }").replace("package chat;", import);
    let schemas = Schemas::new(&[
        ("protos/chat.proto", &schema),
        (
            "types.proto",
            "syntax = \"proto3\"; package chat; message T {}",
        ),
        ("other/types.proto", "not read"),
        (
            "other/more.proto",
            "syntax = \"proto3\"; package chat; message M {}",
        ),
        ("src/empty.rs", ""),
    ]);
    let locations = Locations {
        source_directory: Some(schemas.root().join("src")),
        root: schemas.root().into(),
        include: vec!["../protos".into(), "other".into()],
        ..Locations::default()
    };
    let protocol = read("chat.proto", &locations).unwrap();
    let name = |path: &PathBuf| path.file_name().unwrap().to_owned();
    let names: Vec<_> = protocol.sources.iter().map(name).collect();
    assert_eq!(names, ["chat.proto", "types.proto", "more.proto"]);
}

#[test]
fn a_missing_included_directory_is_an_error() {
    let schemas = Schemas::new(&[("chat.proto", &with(""))]);
    let locations = Locations {
        root: schemas.root().into(),
        include: vec!["protos".into(), "chat.proto".into()],
        ..Locations::default()
    };
    let error = read("chat.proto", &locations).unwrap_err();
    let expected = |name: &str| {
        let place = schemas.root().join(name);
        format!(
            "can't find the directory `{name}` to include: it is not at `{}`\n help: the path is relative to the crate's Cargo.toml",
            place.display()
        )
    };
    let problems: Vec<String> = error.diagnostics.iter().map(brief).collect();
    assert_eq!(problems, [expected("protos"), expected("chat.proto")]);
}

#[test]
fn a_command_reads_relative_to_its_working_directory_and_import_paths() {
    let schemas = Schemas::new(&[("protos/acme/chat.proto", &with(""))]);
    let read = |schema: &str, include: &[&str]| {
        let include = include.iter().map(|it| schemas.root().join(it));
        let locations = Locations {
            root: schemas.root().into(),
            ..Locations::of_command(include.collect())
        };
        read(schema, &locations)
    };
    // The name by which others import a file is the path in the directory that they include.
    for (schema, include, name) in [
        ("protos/acme/chat.proto", vec![], "chat.proto"),
        ("protos/acme/chat.proto", vec!["protos"], "acme/chat.proto"),
        (
            "chat.proto",
            vec!["protos", "protos/acme"],
            "acme/chat.proto",
        ),
        ("chat.proto", vec!["protos/acme"], "chat.proto"),
    ] {
        let schema = read(schema, &include).unwrap();
        assert_eq!(schema.files[0].name, name);
    }
    let error = read("missing.proto", &[]).unwrap_err();
    let expected = format!(
        "can't read the schema `missing.proto`: it is not at `{}`\n help: the path is relative to the working directory",
        schemas.root().join("missing.proto").display()
    );
    let problems: Vec<String> = error.diagnostics.iter().map(brief).collect();
    assert_eq!(problems, [expected]);
}

#[test]
fn a_file_of_messages_alone_has_no_protocol() {
    let head = "syntax = \"proto3\"; package chat;";
    let direction = "{ oneof messages { A a = 1; } }";
    for (text, half) in [
        (format!("{head} message A {{}}"), None),
        (
            format!("{head} message A {{}} message ClientToServer {direction}"),
            Some(("ClientToServer", "ServerToClient")),
        ),
        (
            format!("{head} message A {{}} message ServerToClient {direction}"),
            Some(("ServerToClient", "ClientToServer")),
        ),
    ] {
        let schemas = Schemas::new(&[("chat.proto", &text)]);
        let messages = schemas.read_by("chat.proto", |schema, locations| {
            read_with(schema, locations, Expected::Messages, |schema, _| {
                Some(schema)
            })
        });
        let schema = messages.unwrap();
        assert_eq!(schema.protocol, None);
        assert_eq!(schema.half_a_protocol(), half);
        assert!(schemas.read("chat.proto").is_err());
    }
}

/// The files are pipes: a pipe is empty after the first read, and opening it again blocks for ever.
#[cfg(unix)]
#[test]
fn every_file_is_opened_once() {
    let import = "package chat; import \"types.proto\";";
    let schema = with("message B { T t = 1; }").replace("package chat;", import);
    let types = "syntax = \"proto3\"; package chat; message T {}";
    let schemas = Schemas::new(&[]);
    for (name, text) in [("chat.proto", schema), ("types.proto", types.into())] {
        let path = schemas.root().join(name);
        let status = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
        thread::spawn(move || fs::write(path, text));
    }
    let locations = Locations {
        root: schemas.root().into(),
        ..Locations::default()
    };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read("chat.proto", &locations).map(|it| it.files.len())));
    let result = receiver.recv_timeout(Duration::from_secs(30));
    let files = result.expect("a file was opened again").unwrap();
    assert_eq!(files, 2);
}

#[test]
fn a_file_is_read_from_its_text() {
    let text = "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; message A { google.protobuf.Any any = 1; }";
    let file = read_text("some/a.proto", text).unwrap();
    assert_eq!(file.name, "some/a.proto");
    assert_eq!(file.messages[0].full_name, "A");

    let text = "syntax = \"proto3\";\nimport \"b.proto\";\nmessage A { B b = 1; }\n";
    let error = read_text("a.proto", text).unwrap_err();
    let problem = error.diagnostics[0].to_string();
    assert!(
        problem.starts_with("found the import of \"b.proto\" in a file that is only a text\n"),
        "{problem}"
    );
    assert!(problem.contains("--> a.proto:2:8"), "{problem}");
}
