//! The accepted arguments of the macro.

#![deny(warnings)]

mod plain {
    messi::protocol!("../proto/valid.proto");
}
mod with_a_comma {
    messi::protocol!("../proto/valid.proto",);
}
mod raw_string {
    messi::protocol!(r"../proto/valid.proto");
}
mod renamed {
    use messi as other;
    other::protocol!("../proto/valid.proto", crate = crate::renamed::other);
}
mod braces {
    messi::protocol! { "../proto/valid.proto", crate = ::messi, }
}

fn main() {
    let _ = (plain::Valid, with_a_comma::Valid, raw_string::Valid);
    let _ = (renamed::Valid, braces::Valid);
}
