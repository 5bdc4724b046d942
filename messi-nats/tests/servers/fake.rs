//! Servers that do not speak the protocol.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{Either, select};
use messi_core::cluster::Engine;
use messi_nats::Nats;

use crate::engines::Program;
use crate::suite::parties::{connect, receive_all, refusal, send_until_error};
use crate::suite::{Scenario, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![
    a_server_of_something_else_is_an_error,
    a_server_that_begins_to_speak_nonsense_is_an_error,
    a_connection_that_is_given_up_is_closed,
];

/// Accepts a connection. Returns the URL.
fn serve(talk: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || talk(listener.accept().expect("a connection").0));
    format!("nats://{address}")
}

/// Writes a text.
fn write(mut socket: &TcpStream, text: &str) {
    // The other side may be gone.
    let _ = socket.write_all(text.as_bytes());
}

async fn a_server_of_something_else_is_an_error(_: Program) {
    for greeting in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "INFO {\r\n",
        "PONG\r\n",
        "-ERR\r\n",
        "",
    ] {
        let url = serve(move |socket| write(&socket, greeting));
        let error = refusal(&Nats::connect(url)).await;
        assert!(error.contains("the NATS server"), "{greeting:?}: {error}");
    }
}

async fn a_server_that_begins_to_speak_nonsense_is_an_error(_: Program) {
    for nonsense in [
        "hello\r\n",
        "-ERR\r\n",
        "MSG\r\n",
        "MSG a 1 x\r\nx\r\n",
        "MSG a 1 18446744073709551615\r\nx\r\n",
        "HMSG a 1 9 5\r\nx\r\n",
    ] {
        let url = serve(move |socket| {
            write(&socket, "INFO {\"max_payload\": 1000}\r\n");
            let mut lines = BufReader::new(&socket).lines().map_while(Result::ok);
            let _ = lines.find(|line| line == "PING");
            write(&socket, "PONG\r\n");
            write(&socket, nonsense);
            lines.for_each(drop);
        });
        let mut link = connect(&Nats::connect(url)).await;
        let (_, error) = receive_all(&mut link.receiver).await;
        assert!(error.contains("is lost"), "{nonsense:?}: {error}");
        let error = send_until_error(&mut link).await;
        assert!(error.contains("is lost"), "{nonsense:?}: {error}");
    }
}

async fn a_connection_that_is_given_up_is_closed(_: Program) {
    let (closed, is_closed) = oneshot::channel();
    let (accepted, is_accepted) = oneshot::channel();
    let url = serve(move |mut socket| {
        // It sends no data.
        let _ = accepted.send(());
        let _ = socket.read_to_end(&mut Vec::new());
        let _ = closed.send(());
    });
    let engine = Nats::connect(url);
    let connecting = engine.connect();
    let Either::Right((_, connecting)) = select(connecting, is_accepted).await else {
        panic!("connected");
    };
    drop(connecting);
    is_closed.await.expect("the end of the connection");
}
