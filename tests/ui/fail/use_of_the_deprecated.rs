#![deny(deprecated)]

messi::protocol!("../proto/valid.proto");

fn main() {
    let _ = OldInd {};
}
