messi::protocol!("../proto/valid.proto", handlers = required);

struct Handler;

impl ValidServerHandler for Handler {
    async fn on_client_connected(&mut self, _: &ValidServerClient) {}
}

fn main() {}
