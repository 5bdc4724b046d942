messi::protocol!("../proto/options.proto", derive(Eq, Mark: Eq));

fn main() {}
