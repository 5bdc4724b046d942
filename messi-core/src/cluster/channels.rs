//! The names of channels.

use super::schema::fingerprint;
use crate::ids::NodeId;

/// The largest name in a channel, in bytes. Of a longer one, as users may have, a part and a hash are taken.
const MAX_NAME: usize = 200;

/// The channels of a protocol. A node subscribes to that of all nodes, to its own, and to those of the topics and users
/// that it has clients of.
#[derive(Debug)]
pub(super) struct Channels {
    prefix: String,
}

impl Channels {
    pub(super) fn new(protocol: &str) -> Self {
        Self {
            prefix: format!("messi:{}:", name_in_channel(protocol)),
        }
    }

    pub(super) fn all(&self) -> String {
        format!("{}all", self.prefix)
    }

    pub(super) fn node(&self, node: NodeId) -> String {
        format!("{}node/{node}", self.prefix)
    }

    pub(super) fn topic(&self, name: &str) -> String {
        format!("{}topic/{}", self.prefix, name_in_channel(name))
    }

    pub(super) fn user(&self, name: &str) -> String {
        format!("{}user/{}", self.prefix, name_in_channel(name))
    }
}

/// Returns a name, or a part of a long one. Envelopes have the whole name: two that share a channel do no harm.
fn name_in_channel(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.into();
    }
    let mut end = MAX_NAME - 16;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{:016x}", &name[..end], fingerprint(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_names_of_their_own() {
        let channels = Channels::new("Chat");
        assert_eq!(channels.all(), "messi:Chat:all");
        assert_eq!(
            channels.node(NodeId(255)),
            "messi:Chat:node/00000000000000ff"
        );
        assert_eq!(channels.topic("room/42"), "messi:Chat:topic/room/42");
        assert_eq!(channels.user("Kalle"), "messi:Chat:user/Kalle");
    }

    #[test]
    fn long_names_are_cut() {
        let channels = Channels::new("Chat");
        let longest = "é".repeat(100);
        assert!(channels.user(&longest).ends_with(&longest));
        let one = channels.user(&format!("{longest}1"));
        let two = channels.user(&format!("{longest}2"));
        assert_ne!(one, two);
        assert!(one.len() <= 300, "{one}");
    }
}
