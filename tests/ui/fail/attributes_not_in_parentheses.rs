messi::protocol!("../proto/options.proto", attributes = [Position]);

fn main() {}
