messi::protocol!("../proto/options.proto", views = [Positoin]);

fn main() {}
