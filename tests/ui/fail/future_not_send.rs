use std::rc::Rc;

messi::protocol!("../proto/valid.proto");

struct Handler;

impl ValidClientHandler for Handler {
    async fn on_foo_rsp(&mut self, client: &ValidClient, message: FooRsp) {
        let number = Rc::new(message.number);
        let _ = client.flush().await;
        drop(number);
    }
}

fn main() {}
