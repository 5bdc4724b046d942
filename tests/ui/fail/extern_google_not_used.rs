messi::protocol!("../proto/options.proto", extern = { "google.protobuf" => ::pbjson_types });

fn main() {}
