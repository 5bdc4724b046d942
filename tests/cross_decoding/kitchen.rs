//! The messages of the kitchen sink, with the numbers of their fields written out again, since they
//! must not come from the generated code. A field that is missing here is a compile error.

#![allow(deprecated, reason = "deprecated fields are encoded too")]

use messi::prost_types::{Duration, ListValue, Struct, Timestamp, Value, value};

use crate::google::Root;
use crate::listing::{Listed, Listing};
use crate::sample::{Sample, Source};

messi::protocol!("../proto/kitchen_sink.proto");

impl Root for ClientToServer {
    const NAME: &'static str = "kitchen_sink.ClientToServer";
}

impl Root for ServerToClient {
    const NAME: &'static str = "kitchen_sink.ServerToClient";
}

/// Implements both traits for a message, given its fields and, after a semicolon, its oneofs.
macro_rules! message {
    ($type:ty { $($number:literal: $field:ident),* $(; $($oneof:ident),+)? }) => {
        impl Sample for $type {
            fn sample(source: &mut Source) -> Self {
                Self {
                    $($field: Sample::sample(source),)*
                    $($($oneof: Sample::sample(source),)+)?
                }
            }
        }

        impl Listed for $type {
            fn list(&self, listing: &mut Listing) {
                let Self { $($field,)* $($($oneof,)+)? } = self;
                listing.message();
                $(listing.field($number, $field);)*
                $($($oneof.list(listing);)+)?
            }
        }
    };
}

/// Implements both traits for a oneof.
macro_rules! oneof {
    ($type:ty { $($number:literal: $member:ident),* }) => {
        impl Sample for $type {
            fn sample(source: &mut Source) -> Self {
                match source.choose(&[$($number),*]) {
                    $($number => Self::$member(Sample::sample(source)),)*
                    _ => unreachable!("`choose` returns one of the numbers"),
                }
            }
        }

        impl Listed for $type {
            fn list(&self, listing: &mut Listing) {
                match self {
                    $(Self::$member(value) => listing.field($number, value),)*
                }
            }
        }
    };
}

message!(ClientToServer { 100: trace; messages });
oneof!(client_to_server::Messages {
    1: Scalars,
    2: Text,
    3: Blob,
    4: Color,
    5: Now,
    6: Nothing,
    7: Maybe,
    8: Tree,
    9: First,
    10: Second,
    11: Old,
    12: Again,
    13: WellKnown
});

message!(ServerToClient {; messages });
oneof!(server_to_client::Messages {
    1: Maps,
    2: Presence,
    3: Inner,
    4: Keywords,
    5: Notes,
    6: Outer
});

message!(Scalars {
    1: double,
    2: float,
    3: int32,
    4: int64,
    5: uint32,
    6: uint64,
    7: sint32,
    8: sint64,
    9: fixed32,
    10: fixed64,
    11: sfixed32,
    12: sfixed64,
    13: bool,
    14: string,
    15: bytes,
    16: color
});
message!(Presence {
    1: number,
    2: text,
    3: blob,
    4: color,
    5: message
});
message!(Lists {
    1: packed,
    2: unpacked,
    3: texts,
    4: blobs,
    5: colors,
    6: unpacked_colors,
    7: messages
});
message!(Maps {
    1: numbers,
    2: texts,
    3: colors,
    4: messages,
    5: blobs,
    6: times
});

message!(Tree { 1: name, 2: left, 3: children, 4: named; more });
oneof!(tree::More {
    5: Right,
    6: Forest
});
message!(Forest { 1: tallest });

message!(WellKnown {
    1: timestamp,
    2: duration,
    3: empty,
    4: string,
    5: number,
    6: structure,
    7: null,
    8: numbers
});
message!(Timestamp {
    1: seconds,
    2: nanos
});
message!(Duration {
    1: seconds,
    2: nanos
});
message!(Struct { 1: fields });
message!(ListValue { 1: values });
message!(Value {; kind });
oneof!(value::Kind {
    1: NullValue,
    2: NumberValue,
    3: StringValue,
    4: BoolValue,
    5: StructValue,
    6: ListValue
});

message!(Outer { 1: inner, 2: state, 3: colors, 4: outermost; value, other });
oneof!(outer::Value {
    5: ByState,
    6: ByInner,
    7: ByNumber
});
oneof!(outer::Other { 8: Flag });
message!(outer::Inner { 1: state, 2: color });
message!(outer::inner::Color { 1: rgb });

message!(Keywords {
    1: r#type, 2: self_, 3: r#match, 4: r#async, 5: crate_, 6: super_, 9: camel_case; r#impl
});
oneof!(keywords::Impl { 7: Fn, 8: Self_ });
message!(Old {
    1: text,
    2: unknown
});
message!(Notes { 1: text, 2: bare });
