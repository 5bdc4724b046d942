//! A schema that does not exist.

messi::protocol!("lost.proto");

struct Handler;

impl LostClientHandler for Handler {
    async fn on_connected(&mut self, _: &LostClient) {}
}
