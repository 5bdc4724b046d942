//! The secret of a session.

use std::fmt::{self, Debug, Formatter};

/// Secret that a client must know to go on with its session. It is neither printed nor logged.
#[derive(Clone)]
pub struct Secret([u8; Self::SIZE]);

impl Secret {
    /// Size of a secret, in bytes.
    pub const SIZE: usize = 16;

    /// Creates a secret of random bytes, which must come from the operating system.
    pub fn new(bytes: [u8; Self::SIZE]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes for the wire.
    pub(super) fn bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }
}

/// Compares in a time that does not depend on the bytes: the duration reveals no information about a
/// guess.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let difference = self
            .0
            .iter()
            .zip(&other.0)
            .fold(0, |all, (a, b)| all | (a ^ b));
        // The compiler may not replace the loop by one that returns early.
        std::hint::black_box(difference) == 0
    }
}

impl Eq for Secret {}

impl Debug for Secret {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_if_one_bit_does() {
        let secret = Secret::new([0x5a; Secret::SIZE]);
        assert_eq!(secret, secret.clone());
        for bit in 0..Secret::SIZE * 8 {
            let mut bytes = [0x5a; Secret::SIZE];
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(secret, Secret::new(bytes), "bit {bit}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(
            format!("{:?}", Secret::new([1; Secret::SIZE])),
            "Secret(..)"
        );
    }
}
