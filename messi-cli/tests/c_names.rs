//! Names of a schema that can't be used in C are reported at their places.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A case: the name of the test's directory, the files, of which the first is generated, and the problem.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CASES: &[Case] = &[
    (
        "messages",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\npackage p;\nmessage FooBar {}\nmessage Foo_Bar {}\n",
        )],
        "error: found the message `p.Foo_Bar`, which needs `p_foo_bar_t` in C, as the message `p.FooBar` does
 --> chat.proto:4:9
  |
4 | message Foo_Bar {}
  |         ^^^^^^^
  = help: rename one of them
",
    ),
    (
        "functions",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\npackage p;\nmessage Foo {\n  repeated int32 bar_x = 1;\n  message Bar { repeated int32 x = 1; }\n}\n",
        )],
        "error: found `p.Foo.bar_x`, which needs `p_foo_bar_x_alloc` in C, as `p.Foo.Bar.x` does
 --> chat.proto:4:18
  |
4 |   repeated int32 bar_x = 1;
  |                  ^^^^^
  = help: rename one of them
",
    ),
    (
        "members",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\nmessage Foo {\n  string bar = 1;\n  int32 bar_p = 2;\n}\n",
        )],
        "error: found `Foo.bar_p`, which needs `bar_p` in C, as `Foo.bar` does
 --> chat.proto:4:9
  |
4 |   int32 bar_p = 2;
  |         ^^^^^
  = help: rename one of them
",
    ),
    (
        "headers",
        &[
            (
                "chat.proto",
                "syntax = \"proto3\";\nimport \"a/types.proto\";\nimport \"b/Types.proto\";\n",
            ),
            ("a/types.proto", "syntax = \"proto3\";\n"),
            ("b/Types.proto", "syntax = \"proto3\";\n"),
        ],
        "error: found the file `b/Types.proto`, which needs `types.h` in C, as the file `a/types.proto` does
 --> b/Types.proto:1:1
  |
1 | syntax = \"proto3\";
  | ^^^^^^
  = help: rename one of them
",
    ),
    (
        "headers_of_the_runtime",
        &[("messi.proto", "syntax = \"proto3\";\n")],
        "error: found the file `messi.proto`, whose header `messi.h` would be that of the runtime
 --> messi.proto:1:1
  |
1 | syntax = \"proto3\";
  | ^^^^^^
  = help: rename the file
",
    ),
    (
        "runtime",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\npackage messi;\nmessage Bytes {}\n",
        )],
        "error: found the message `messi.Bytes`, which needs `messi_bytes_t` in C
 --> chat.proto:3:9
  |
3 | message Bytes {}
  |         ^^^^^
  = help: names with `messi_` are those of the runtime: use another package
",
    ),
    (
        "sides",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\npackage chat;\nmessage ClientToServer { oneof messages { Client client = 1; } }\nmessage ServerToClient { oneof messages { Client client = 1; } }\nmessage Client {}\n",
        )],
        "error: found the message `chat.Client`, which needs `chat_client_t` in C, as the client does
 --> chat.proto:5:9
  |
5 | message Client {}
  |         ^^^^^^
  = help: rename one of them
",
    ),
    (
        "callbacks",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\npackage chat;\nmessage Foo {}\nmessage ClientToServer { oneof messages { Foo connected = 1; Foo clientConnected = 2; } }\nmessage ServerToClient { oneof messages { Foo disconnected = 1; Foo client_connected = 2; } }\n",
        )],
        "error: member `clientConnected` would generate `on_client_connected`, which is a built-in callback
 --> chat.proto:4:66
  |
4 | message ClientToServer { oneof messages { Foo connected = 1; Foo clientConnected = 2; } }
  |                                                                  ^^^^^^^^^^^^^^^

error: member `disconnected` would generate `on_disconnected`, which is a built-in callback
 --> chat.proto:5:47
  |
5 | message ServerToClient { oneof messages { Foo disconnected = 1; Foo client_connected = 2; } }
  |                                               ^^^^^^^^^^^^
",
    ),
    (
        "descriptors",
        &[(
            "chat.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage Foo { google.protobuf.FileOptions options = 1; }\n",
        )],
        "error: found the type `google.protobuf.FileOptions`, which there is not in C
 --> chat.proto:3:43
  |
3 | message Foo { google.protobuf.FileOptions options = 1; }
  |                                           ^^^^^^^
",
    ),
];

#[test]
fn names_that_c_can_not_have_are_reported_at_their_places() {
    for (name, files, expected) in CASES {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c-names-{name}"));
        for (file, text) in *files {
            let path = directory.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_messi"))
            .args(["generate_c_source", "-o", "out", files[0].0])
            .current_dir(&directory)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert_eq!(error, *expected, "{name}");
        assert!(!directory.join("out").exists(), "{name}");
        fs::remove_dir_all(&directory).unwrap();
    }
}
