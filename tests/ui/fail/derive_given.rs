messi::protocol!("../proto/options.proto", derive(Clone));

fn main() {}
