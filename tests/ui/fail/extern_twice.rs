messi::protocol!(
    "../proto/options.proto",
    extern = { "types" => crate::types, "types" => crate::types }
);

mod types {
    #[derive(Clone, PartialEq, messi::prost::Message)]
    #[prost(prost_path = "messi::prost")]
    pub struct Point {}
}

fn main() {}
