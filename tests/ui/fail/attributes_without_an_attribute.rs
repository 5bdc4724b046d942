messi::protocol!("../proto/options.proto", attributes(Position: serde(skip)));

fn main() {}
