//! The behaviour of a link with servers of Redis.

use futures::FutureExt;
use messi_redis::Redis;

use crate::engines::redis::SOCKET;
use crate::engines::{Program, Server};
use crate::suite::parties::{
    connect, publish, receive, refusal, send, subscribe, text, unsubscribe,
};
use crate::suite::{Scenario, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![
    passwords_are_checked,
    a_refused_order_is_an_error,
    unix_sockets_work,
];

async fn passwords_are_checked(program: Program) {
    let server = Server::with(&program, &["--requirepass", "sec#ret"]);
    let engine =
        |login: &str| Redis::connect(format!("redis://{login}@127.0.0.1:{}/0", server.port()));
    for login in [":sec%23ret", "default:sec%23ret"] {
        let mut link = connect(&engine(login)).await;
        send(&mut link, [subscribe("a")]).await;
    }
    let wrong = engine("default:wr0ng");
    let error = refusal(&wrong).await;
    assert!(error.contains("refused the connection"), "{error}");
    assert!(
        error.contains("WRONGPASS") || error.contains("password"),
        "{error}"
    );
    let shown = format!("{error} {wrong:?} {:?}", wrong.clone());
    assert!(!shown.contains("wr0ng"), "{shown}");
    let error = refusal(&server.engine()).await;
    assert!(
        error.contains("NOAUTH") || error.contains("authentication"),
        "{error}"
    );
}

async fn a_refused_order_is_an_error(program: Program) {
    let rights = "on >secret resetchannels &messi:* +publish +subscribe";
    let mut options = vec!["--user", "node"];
    options.extend(rights.split(' '));
    let server = Server::with(&program, &options);
    let url = format!("redis://node:secret@127.0.0.1:{}", server.port());
    let engine = Redis::connect(url);
    for order in [
        subscribe("other"),
        publish("other", "x"),
        unsubscribe("messi:a"),
    ] {
        let mut link = connect(&engine).await;
        // The answers to the allowed orders come all the same.
        let orders = vec![subscribe("messi:a"), order.clone(), publish("messi:a", "x")];
        let error = text(link.sender.send(orders).await.expect_err("a refusal"));
        assert!(error.contains("permissions"), "{order:?}: {error}");
        assert_eq!(receive(&mut link.receiver, 1).await.len(), 1);
    }
}

async fn unix_sockets_work(program: Program) {
    let server = Server::start(&program);
    let socket = server.directory().join(SOCKET);
    let url = format!("redis+unix://{}", socket.display());
    let mut link = connect(&Redis::connect(url)).await;
    send(&mut link, [subscribe("a"), publish("a", "1")]).await;
    assert_eq!(receive(&mut link.receiver, 1).await.len(), 1);
}
