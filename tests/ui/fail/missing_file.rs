messi::protocol!("../proto/nowhere.proto");

fn main() {}
