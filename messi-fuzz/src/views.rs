//! Fuzzes the decoder of views with any bytes.

use std::fmt::Debug;

use messi::__private::HasView;
use messi::__private::view::{Input, merge};
use messi::prost::Message;
use messi::prost::bytes::Bytes;

/// Views of everything that can borrow.
mod whole {
    messi::protocol!(
        "../../tests/proto/kitchen_sink.proto",
        views = [ClientToServer, Maps, Presence, Keywords, Notes],
    );
}

/// Views of some members, beside owned ones that share the memory of the payload.
mod some {
    messi::protocol!(
        "../../tests/proto/kitchen_sink.proto",
        bytes = Bytes,
        views = [Tree, Scalars, Presence],
    );
}

/// Decodes a payload as a view and as the owned message, and compares the results. The first byte chooses the message,
/// and the rest is the payload. Returns whether it is valid.
#[must_use]
pub fn views(data: &[u8]) -> bool {
    let Some((choice, payload)) = data.split_first() else {
        return false;
    };
    match choice % 4 {
        0 => compare::<whole::ClientToServer>(payload),
        1 => compare::<whole::ServerToClient>(payload),
        2 => compare::<some::ClientToServer>(payload),
        _ => compare::<some::ServerToClient>(payload),
    }
}

fn compare<M>(payload: &[u8]) -> bool
where
    M: HasView + Message + Clone + PartialEq + Default + Debug,
    M: for<'a> From<M::View<'a>>,
{
    let expected = M::decode(payload).ok();
    let shared = Bytes::copy_from_slice(payload);
    for input in [Input::new(payload), Input::shared(&shared)] {
        let mut view = M::View::default();
        let result = merge(&mut view, input).map(|()| M::from(view)).ok();
        // A message with a NaN does not equal itself.
        if expected == expected.clone() {
            assert_eq!(result, expected);
        } else {
            assert_eq!(result.is_some(), expected.is_some());
        }
    }
    expected.is_some()
}
