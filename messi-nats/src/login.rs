//! How a connection logs in.

use async_nats::ConnectOptions;
use messi_core::cluster::EngineError;

/// The identity of a connection at the server. It has no `Debug`, which would show the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Login {
    None,
    Token(String),
    Password {
        user: String,
        password: String,
    },
    /// The text of a file of credentials.
    #[cfg(feature = "credentials")]
    Credentials(String),
}

impl Login {
    /// Returns options with this login.
    pub(crate) fn options(&self) -> Result<ConnectOptions, EngineError> {
        let options = ConnectOptions::new();
        match self {
            Self::None => Ok(options),
            Self::Token(token) => Ok(options.token(token.clone())),
            Self::Password { user, password } => {
                Ok(options.user_and_password(user.clone(), password.clone()))
            }
            #[cfg(feature = "credentials")]
            Self::Credentials(text) => {
                use crate::error::Failure;

                let options = options.credentials(text);
                Ok(options.map_err(Failure::Credentials)?)
            }
        }
    }
}
