messi::protocol!("missing.proto", include = ["../proto"]);

fn main() {}
