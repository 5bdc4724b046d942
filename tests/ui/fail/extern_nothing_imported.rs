messi::protocol!("../proto/valid.proto", extern = { "types" => crate::types });

fn main() {}
