messi::protocol!("../proto/valid.proto", bytes = BytesMut);

fn main() {}
