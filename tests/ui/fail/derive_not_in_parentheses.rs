messi::protocol!("../proto/valid.proto", derive = Eq);

fn main() {}
