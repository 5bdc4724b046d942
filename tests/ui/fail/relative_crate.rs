extern crate messi as renamed;

messi::protocol!("../proto/valid.proto", crate = renamed);

fn main() {}
