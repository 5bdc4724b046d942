messi::protocol!("../proto/views.proto", views = [Note, Sheet]);

fn main() {}
