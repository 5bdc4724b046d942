//! Logging in to a server.

use futures::FutureExt;
use messi_nats::Nats;

use crate::engines::nats::start_with_settings;
use crate::engines::{Program, Server};
use crate::suite::parties::{connect, refusal, send, subscribe};
use crate::suite::{Scenario, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![
    passwords_are_checked,
    tokens_are_checked,
    credentials_are_checked,
];

fn engine(server: &Server, login: &str) -> Nats {
    Nats::connect(format!("nats://{login}@127.0.0.1:{}", server.port()))
}

/// Checks that an engine is refused, and does not show its password.
async fn expect_refusal(engine: &Nats, password: &str) {
    let error = refusal(engine).await;
    assert!(error.contains("refused the connection"), "{error}");
    assert!(error.contains("authorization violation"), "{error}");
    let shown = format!("{error} {engine:?} {:?}", engine.clone());
    assert!(!shown.contains(password), "{shown}");
}

async fn passwords_are_checked(program: Program) {
    let server = Server::with(&program, &["--user", "node", "--pass", "sec#ret/1"]);
    let mut link = connect(&engine(&server, "node:sec%23ret%2F1")).await;
    send(&mut link, [subscribe("a")]).await;
    expect_refusal(&engine(&server, "node:wr0ng"), "wr0ng").await;
    expect_refusal(&engine(&server, "0ther:sec%23ret%2F1"), "sec#ret").await;
    expect_refusal(&server.engine(), "sec#ret").await;
}

async fn tokens_are_checked(program: Program) {
    let server = Server::with(&program, &["--auth", "t@ken"]);
    let mut link = connect(&engine(&server, "t%40ken")).await;
    send(&mut link, [subscribe("a")]).await;
    expect_refusal(&engine(&server, "wr0ng"), "wr0ng").await;
}

/// Of an operator, with an account and a user that do not expire. These keys are used nowhere else.
const OPERATOR: &str = include_str!("credentials/server.conf");
const CREDENTIALS: &str = include_str!("credentials/user.creds");

async fn credentials_are_checked(program: Program) {
    let server = start_with_settings(&program, OPERATOR);
    let mut link = connect(&server.engine().credentials(CREDENTIALS)).await;
    send(&mut link, [subscribe("a")]).await;
    expect_refusal(&server.engine(), "SU").await;
    let invalid = server.engine().credentials("s3cret");
    let error = refusal(&invalid).await;
    assert!(
        error.contains("the credentials for the NATS server are invalid"),
        "{error}"
    );
    assert!(
        !format!("{error} {invalid:?}").contains("s3cret"),
        "{error}"
    );
}
