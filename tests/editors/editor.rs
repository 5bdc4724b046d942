//! An editor with the program open: rust-analyzer, asked as editors ask it.

use std::process::{self, Command};

use serde_json::{Value, json};

use crate::client::Client;
use crate::preparation::Unprepared;
use crate::program::Program;
use crate::rust_analyzer;

/// The severity of hints, such as code that a `cfg` disables.
const HINT: u64 = 4;

/// An editor with the program open.
#[derive(Debug)]
pub(crate) struct Editor {
    client: Client,
    program: Program,
    /// The number of edits.
    version: u32,
}

impl Editor {
    /// Opens the program, and waits until rust-analyzer has read it.
    pub(crate) fn open() -> Result<Self, Unprepared> {
        let mut command = Command::new(rust_analyzer::find()?);
        let program = Program::create();
        let mut client = Client::start(command.current_dir(program.directory()));
        initialize(&mut client, &program).map_err(Unprepared::Broken)?;
        for (path, text) in Program::source_files() {
            let document = json!({
                "uri": program.uri(path), "languageId": "rust", "version": 0, "text": text,
            });
            client.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        }
        Ok(Self {
            client,
            program,
            version: 0,
        })
    }

    /// Returns the program.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// Replaces the text of an open file, without saving it.
    pub(crate) fn edit(&mut self, path: &str, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.program.uri(path), "version": self.version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.client.notify("textDocument/didChange", &params);
    }

    /// Returns the messages of the problems in a file.
    pub(crate) fn problems(&mut self, path: &str) -> Vec<String> {
        let params = json!({ "textDocument": { "uri": self.program.uri(path) } });
        let report = self.ask("textDocument/diagnostic", &params);
        let problems = report["items"].as_array().expect("a full report");
        let problems = problems.iter().filter(|it| it["severity"] != HINT);
        problems.map(|it| text(&it["message"])).collect()
    }

    /// Returns the text that is shown over a word, in the first line that contains a text.
    pub(crate) fn hover(&mut self, path: &str, line: &str, word: &str) -> String {
        let (line, end) = self.find(path, line, word);
        let params = self.place(path, line, end - 1);
        let hover = self.ask("textDocument/hover", &params);
        text(&hover["contents"]["value"])
    }

    /// Returns the places that the definition of a word is at: a file and a line.
    pub(crate) fn definitions(&mut self, path: &str, line: &str, word: &str) -> Vec<(String, u64)> {
        let (line, end) = self.find(path, line, word);
        let params = self.place(path, line, end - 1);
        let places = self.ask("textDocument/definition", &params);
        let place = |it: &Value| {
            let line = it["range"]["start"]["line"].as_u64().unwrap_or_default() + 1;
            (text(&it["uri"]), line)
        };
        let places = places.as_array().into_iter().flatten();
        places.map(place).collect()
    }

    /// Returns the proposals to complete a word.
    pub(crate) fn completions(&mut self, path: &str, line: &str, word: &str) -> Vec<String> {
        let (line, end) = self.find(path, line, word);
        let params = self.place(path, line, end);
        let proposed = self.ask("textDocument/completion", &params);
        let proposed = proposed["items"].as_array().into_iter().flatten();
        proposed.map(|it| text(&it["label"])).collect()
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let result = self.client.request(method, params);
        result.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the number of the line and the end of the word in it.
    fn find(&self, path: &str, line: &str, word: &str) -> (usize, usize) {
        let text = self.program.read(path);
        let mut lines = text.lines().enumerate();
        let (number, line) = lines.find(|(_, it)| it.contains(line)).expect("the line");
        let start = line.find(word).expect("the word");
        (number, start + word.len())
    }

    fn place(&self, path: &str, line: usize, character: usize) -> Value {
        json!({
            "textDocument": { "uri": self.program.uri(path) },
            "position": { "line": line, "character": character },
        })
    }
}

/// Opens the directory of the program, and waits until it is read.
fn initialize(client: &mut Client, program: &Program) -> Result<(), String> {
    let params = json!({
        "processId": process::id(),
        "rootUri": program.uri(""),
        "capabilities": {
            "experimental": { "serverStatusNotification": true },
            "textDocument": {
                "diagnostic": {},
                "hover": { "contentFormat": ["markdown"] },
            },
        },
        "initializationOptions": {
            "cachePriming": { "enable": false },
            "cargo": { "extraEnv": { "CARGO_NET_OFFLINE": "true" } },
            "checkOnSave": false,
        },
    });
    client.request("initialize", &params)?;
    client.notify("initialized", &json!({}));
    client.wait_until_idle()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().into()
}
