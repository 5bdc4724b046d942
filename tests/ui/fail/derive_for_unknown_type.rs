messi::protocol!("../proto/options.proto", derive(Positoin: Eq));

fn main() {}
