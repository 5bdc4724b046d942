messi::protocol!("../proto/valid.proto", side = peer);

fn main() {}
