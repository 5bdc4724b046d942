messi::protocol!("../proto/options.proto", views = [Color]);

fn main() {}
