//! Transports other than TCP.

mod tls;
mod unix;
