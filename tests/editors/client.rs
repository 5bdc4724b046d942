//! A client of the Language Server Protocol, over the standard streams of a server.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long the server may take. At first, it builds the macro. Only a hang reaches the limit.
const LIMIT: Duration = Duration::from_secs(600);

/// The error of a request that a change of the program has overtaken. It can be repeated.
const CONTENT_MODIFIED: i64 = -32801;

/// A server in a process of its own. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Client {
    child: Child,
    stdin: ChildStdin,
    received: Receiver<Value>,
    last_id: i64,
    is_idle: bool,
}

impl Client {
    /// Starts a server.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, received) = channel();
        thread::spawn(move || forward(BufReader::new(stdout), &sender));
        Self {
            stdin: child.stdin.take().expect("a pipe"),
            child,
            received,
            last_id: 0,
            is_idle: false,
        }
    }

    /// Sends a request, and returns its result.
    ///
    /// # Errors
    ///
    /// The server reports an error, or does not respond. In the second case it is killed, so that the next request does
    /// not wait as well.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let mut response = self.response(method, params, deadline)?;
            match response.get("error") {
                None => return Ok(response["result"].take()),
                Some(error) if error["code"] == CONTENT_MODIFIED => {}
                Some(error) => return Err(format!("{method} failed: {error}")),
            }
        }
    }

    /// Sends a notification.
    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "method": method, "params": params }));
    }

    /// Waits until the server has read the program.
    ///
    /// # Errors
    ///
    /// The server takes too long, and is killed.
    pub(crate) fn wait_until_idle(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + LIMIT;
        while !self.is_idle {
            if let Some(response) = self.receive("the program is read", deadline)? {
                return Err(format!("found the response {response} to no request"));
            }
        }
        Ok(())
    }

    fn response(
        &mut self,
        method: &str,
        params: &Value,
        deadline: Instant,
    ) -> Result<Value, String> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "id": id, "method": method, "params": params }));
        loop {
            match self.receive(method, deadline)? {
                Some(response) if response["id"] == id => return Ok(response),
                Some(response) => return Err(format!("found the response {response} to {id}")),
                None => {}
            }
        }
    }

    /// Waits for a message, and returns it if it is a response. The requests of the server are answered, and changes
    /// of its state noted.
    fn receive(&mut self, awaited: &str, deadline: Instant) -> Result<Option<Value>, String> {
        let left = deadline.saturating_duration_since(Instant::now());
        let message = match self.received.recv_timeout(left) {
            Ok(message) => message,
            Err(error) => {
                self.kill();
                return Err(format!("waited for {awaited}: {error}"));
            }
        };
        let Some(method) = message.get("method") else {
            return Ok(Some(message));
        };
        if let Some(id) = message.get("id") {
            self.send(&json!({ "id": id, "result": null }));
        } else if method == "experimental/serverStatus" {
            self.is_idle = message["params"]["quiescent"] == true;
        }
        Ok(None)
    }

    fn kill(&mut self) {
        // Both fail only if the server has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        // If the server has ended, the next response is missing.
        let _ = write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len());
        let _ = self.stdin.flush();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Forwards the messages of a server until its output ends.
fn forward(mut output: impl BufRead, sender: &Sender<Value>) {
    while let Some(message) = read(&mut output) {
        if sender.send(message).is_err() {
            return;
        }
    }
}

/// Reads a message: a header with its length, and its text.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse().ok()?;
                }
            }
        }
    }
    let mut body = Vec::new();
    output.take(length).read_to_end(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
