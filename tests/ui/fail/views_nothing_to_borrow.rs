messi::protocol!("../proto/valid.proto", views = [FooReq]);

fn main() {}
