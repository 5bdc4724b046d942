messi::protocol!("../proto/options.proto", extern = { "types" => types });

fn main() {}
