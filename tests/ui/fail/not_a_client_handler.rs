messi::protocol!("../proto/valid.proto");

struct Handler;

fn main() {
    let _ = ValidClient::builder("tcp://127.0.0.1:6000").start(Handler);
}
