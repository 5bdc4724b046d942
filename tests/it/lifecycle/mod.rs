//! The life of a connection, from the first attempt to connect to its end.

mod backoff;
mod callbacks;
mod connecting;
mod drain;
mod handlers;
mod keep_alive;
mod logins;
mod ready_and_flush;
mod reconnect;
mod with_handler;
