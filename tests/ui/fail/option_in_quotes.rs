messi::protocol!("../proto/valid.proto", "side" = client);

fn main() {}
