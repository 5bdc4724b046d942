//! Transports other than TCP, and runtimes.

mod runtimes;
mod tls;
mod unix;
