messi::protocol!("../proto/valid.proto");

struct Handler;

impl ValidClientHandler for Handler {}

fn main() {
    drop(ValidServer::builder("tcp://127.0.0.1:6000").start(|_| Handler));
}
