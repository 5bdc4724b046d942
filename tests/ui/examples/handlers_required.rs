//! Handlers that must have a method for each message, and requests that are none.

#![deny(warnings)]
#![allow(deprecated)]

messi::protocol!("../proto/valid.proto", handlers = required, requests = none);

struct Handler;

impl ValidServerHandler for Handler {
    async fn on_foo_req(&mut self, client: &ValidServerClient, message: FooReq) {
        client.send(FooRsp {
            number: message.number,
        });
    }
}

impl ValidClientHandler for Handler {
    async fn on_foo_rsp(&mut self, _: &ValidClient, _: FooRsp) {}

    async fn on_old_ind(&mut self, _: &ValidClient, _: OldInd) {}
}

fn main() {
    let _ = Handler;
}
