messi::protocol!("../proto/valid.proto", requests = except [foo_req, foo_rsp]);

fn main() {}
