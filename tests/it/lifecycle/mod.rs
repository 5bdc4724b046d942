//! The life of a connection, from the first attempt to connect to its end.

mod backoff;
mod callbacks;
mod clock;
mod connecting;
mod drain;
mod foreign_waits;
mod handlers;
mod keep_alive;
mod ready_and_flush;
mod reconnect;
