messi::protocol!("../proto/options.proto", side = server, views = [Names]);

fn main() {}
