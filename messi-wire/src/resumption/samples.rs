//! A session for tests.

use std::time::Duration;

use super::{Grant, Secret, Token};

/// The window of [`grant`], in bytes.
pub(crate) const WINDOW: u64 = 1 << 20;

pub(crate) fn token() -> Token {
    Token {
        incarnation: 1,
        id: 2,
        secret: Secret::new([3; Secret::SIZE]),
    }
}

pub(crate) fn grant() -> Grant {
    Grant {
        token: token(),
        lifetime: Duration::from_secs(60),
        window: WINDOW,
    }
}
