messi::protocol!("../proto/options.proto", views = Position);

fn main() {}
