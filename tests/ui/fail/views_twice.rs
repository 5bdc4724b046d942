messi::protocol!("../proto/options.proto", views = [Position, Position]);

fn main() {}
