messi::protocol!("../proto/valid.proto", include = "../proto");

fn main() {}
