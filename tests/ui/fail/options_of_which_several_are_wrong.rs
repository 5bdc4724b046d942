messi::protocol!(
    "../proto/valid.proto",
    side = peer,
    runtime = smol,
    derive(Clone),
);

struct Handler;

impl ValidClientHandler for Handler {}

fn main() {}
