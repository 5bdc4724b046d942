messi::protocol!("../proto/valid.proto");

struct Handler;

impl ValidClientHandler for Handler {
    async fn on_connected(&mut self, client: &ValidClient) {
        client.send(FooRsp { number: 1 });
    }
}

fn main() {}
