messi::protocol!("../proto/options.proto", attributes(Positoin: #[serde(skip)]));

fn main() {}
