//! The schemas of the nodes, which must understand each other's messages.

use std::collections::HashMap;

/// The members of the messages that servers send.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) members: &'static [(u32, &'static str)],
    pub(super) fingerprint: u64,
}

impl Schema {
    pub(super) fn new(members: &'static [(u32, &'static str)]) -> Self {
        let mut bytes = Vec::new();
        for (number, name) in members {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
        }
        Self {
            members,
            fingerprint: fingerprint(&bytes),
        }
    }

    /// Returns whether no number means one message here and another one there. Members that only one side has are
    /// no harm: clients ignore members that they do not know, and so rolling upgrades are possible.
    pub(super) fn is_compatible(&self, others: &[(u32, &str)]) -> bool {
        let own: HashMap<_, _> = self.members.iter().copied().collect();
        let mut known = others.iter().filter_map(|(number, name)| {
            let own = own.get(number)?;
            Some(own == name)
        });
        known.all(|is_same| is_same)
    }
}

/// Returns a hash that is the same in all programs: FNV-1a.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_may_have_more_members_than_others() {
        let schema = Schema::new(&[(1, "connect_rsp"), (2, "message_ind")]);
        assert!(schema.is_compatible(&[(1, "connect_rsp"), (2, "message_ind")]));
        assert!(schema.is_compatible(&[(2, "message_ind"), (3, "new_ind")]));
        assert!(!schema.is_compatible(&[(1, "connect_rsp"), (2, "other_ind")]));
        let same = Schema::new(&[(1, "connect_rsp"), (2, "message_ind")]);
        assert_eq!(schema.fingerprint, same.fingerprint);
        let other = Schema::new(&[(1, "connect_rsp"), (2, "other_ind")]);
        assert_ne!(schema.fingerprint, other.fingerprint);
    }

    #[test]
    fn the_hash_is_that_of_other_programs() {
        // The test vectors of the authors.
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
