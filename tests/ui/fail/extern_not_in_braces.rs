messi::protocol!("../proto/valid.proto", extern = "types");

fn main() {}
