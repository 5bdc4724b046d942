messi::protocol!("../proto/valid.proto", side = client, side = client);

fn main() {}
