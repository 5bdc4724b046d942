messi::protocol!("../proto/import_cycle.proto");

struct Handler;

impl ValidClientHandler for Handler {
    async fn on_connected(&mut self, _: &ValidClient) {}
}

fn main() {
    let _ = ValidClient::builder("tcp://127.0.0.1:6000").start(Handler);
}
