messi::protocol!();

fn main() {}
