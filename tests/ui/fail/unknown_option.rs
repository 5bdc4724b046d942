messi::protocol!("../proto/valid.proto", runtime = smol);

fn main() {}
