messi::protocol!("../proto/options.proto", derive(Serialize));

fn main() {}
