messi::protocol!("../proto/options.proto", attributes(Position.nme: #[serde(skip)]));

fn main() {}
