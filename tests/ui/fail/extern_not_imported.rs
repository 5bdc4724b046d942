messi::protocol!("../proto/options.proto", extern = { "typse" => crate::types });

fn main() {}
