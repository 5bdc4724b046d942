messi::protocol!("../proto/valid.proto", rename = "types");

fn main() {}
