messi::protocol!(
    "../proto/options.proto",
    derive(Position: Eq, Route: Hash, Names: Ord, Mark: Copy)
);

fn main() {}
