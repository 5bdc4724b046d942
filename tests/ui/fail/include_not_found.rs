messi::protocol!("../proto/valid.proto", include = ["../protos"]);

fn main() {}
