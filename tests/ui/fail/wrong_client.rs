messi::protocol!("../proto/valid.proto");

struct Handler;

impl ValidServerHandler for Handler {
    async fn on_foo_req(&mut self, _: &ValidClient, _: FooReq, _: messi::Reply<FooRsp>) {}
}

fn main() {}
