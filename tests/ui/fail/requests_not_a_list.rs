messi::protocol!("../proto/valid.proto", requests = foo_req);

fn main() {}
