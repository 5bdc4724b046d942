//! Random messages of an imported package with a field of each type, created by Google's protobuf, decoded and encoded
//! by us, and decoded by Google's again.

use std::fmt::Debug;

use messi::prost::Message;

use crate::Test;
use crate::both_ways::{assert_same, messages};
use crate::google::{Google, Root};

mod carrier {
    messi::protocol!("../proto/carrier.proto");
}

use carrier::{ClientToServer, ServerToClient};

pub(crate) const TESTS: &[Test] = &[(
    "fields_of_all_types_are_unchanged_after_we_decoded_and_encoded_them",
    unchanged,
)];

impl Root for ClientToServer {
    const NAME: &'static str = "carrier.ClientToServer";
}

impl Root for ServerToClient {
    const NAME: &'static str = "carrier.ServerToClient";
}

fn unchanged(google: &mut Google) {
    for seed in 0..messages() / 2 {
        pass::<ClientToServer>(google, seed);
        pass::<ServerToClient>(google, seed);
    }
}

fn pass<M: Message + Default + Debug + Root>(google: &mut Google, seed: u64) {
    let made = google.make::<M>(seed);
    let message = M::decode(&*made.encoded).expect("a valid encoding of Google's");
    let returned = google.read::<M>(&message.encode_to_vec());
    assert_same(&made.lines, &returned.lines, &message);
}
