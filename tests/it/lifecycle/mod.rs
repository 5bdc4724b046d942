//! The life of a connection, from the first attempt to connect to its end.

mod addresses;
mod backoff;
mod callbacks;
mod client_drain;
mod connecting;
mod drain;
mod handlers;
mod keep_alive;
mod orders;
mod ready_and_flush;
mod reconnect;
