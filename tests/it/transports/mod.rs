//! Transports other than TCP, listeners of the program, and runtimes.

mod listeners;
mod proxied;
mod runtimes;
mod tls;
mod unix;
