messi::protocol!("../proto/valid.proto");

struct Handler;

impl ValidClientHandler for Handler {
    async fn on_foo_rsp(&mut self, _: &ValidClient, _: FooReq) {}
}

fn main() {}
