//! The life of a connection, from the first attempt to connect to its end.

mod addresses;
mod backoff;
mod callbacks;
mod client_drain;
mod clock;
mod connecting;
mod current_server;
mod drain;
mod handlers;
mod keep_alive;
mod logins;
mod orders;
mod ready_and_flush;
mod reconnect;
mod with_handler;
