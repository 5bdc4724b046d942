//! Handlers of every form: with and without methods, asynchronous or not.

#![deny(warnings)]

use std::future::{Future, ready};

messi::protocol!("../proto/valid.proto");

struct Nothing;

impl ValidClientHandler for Nothing {}
impl ValidServerHandler for Nothing {}

struct Async(Vec<i32>);

impl ValidClientHandler for Async {
    async fn on_foo_rsp(&mut self, client: &ValidClient, message: FooRsp) {
        self.0.push(message.number);
        let _ = client.flush().await;
        client.send(FooReq { number: 1 });
    }

    async fn on_connect_failure(
        &mut self,
        _: &ValidClient,
        _: &messi::ConnectError,
    ) -> messi::Retry {
        messi::Retry::Backoff
    }
}

struct Plain;

impl ValidServerHandler for Plain {
    fn on_foo_req(
        &mut self,
        _: &ValidServerClient,
        message: FooReq,
        reply: messi::Reply<FooRsp>,
    ) -> impl Future<Output = ()> + Send {
        reply.send(FooRsp {
            number: message.number,
        });
        ready(())
    }
}

// Still handled for old servers, without a warning.
struct Old;

impl ValidClientHandler for Old {
    #[allow(deprecated)]
    async fn on_old_ind(&mut self, _: &ValidClient, _: OldInd) {}
}

fn start() {
    let _ = ValidClient::builder("tcp://127.0.0.1:6000").start(Nothing);
    let _ = ValidClient::builder("tcp://127.0.0.1:6000").start(Async(Vec::new()));
    let _ = ValidClient::builder("tcp://127.0.0.1:6000").start(Old);
    drop(ValidServer::builder("tcp://127.0.0.1:6000").start(|_| Plain));
    drop(ValidServer::builder("tcp://127.0.0.1:6000").start(|_| Nothing));
}

fn main() {
    let _ = start;
}
