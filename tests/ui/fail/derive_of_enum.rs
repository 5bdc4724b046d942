messi::protocol!("../proto/options.proto", derive(Color: Hash));

fn main() {}
