messi::protocol!("../proto/valid.proto", rename = { "valid.Nothing" => Something });

fn main() {}
