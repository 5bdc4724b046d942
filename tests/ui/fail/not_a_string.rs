messi::protocol!(chat.proto);

fn main() {}
