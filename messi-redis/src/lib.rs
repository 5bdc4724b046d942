//! Redis and Valkey as the engine of a cluster of [messi](https://docs.rs/messi) servers.
//!
//! [`Redis`] carries the messages between the servers, by publish/subscribe or by a stream that keeps them. See there for
//! the requirements and guarantees of the two.
//!
//! # Features
//!
//! | feature | content |
//! | --- | --- |
//! | `async-std` (default), `smol` | connections on the reactor of async-std and smol |
//! | `tokio` | connections on tokio |
//! | `tls` | `rediss://`, by rustls |
//!
//! Turn on the runtime of your server. If there are several, a connection is on tokio if the server is.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "async-std", feature = "smol", feature = "tokio")))]
compile_error!("messi-redis needs one of its features `async-std`, `smol` and `tokio`");

mod connection;
mod error;
mod pubsub;
mod redis;
mod runtime;
mod socket;
mod streams;
mod target;
#[cfg(feature = "tls")]
mod tls;

#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use messi_core::tls::rustls;

pub use self::redis::Redis;

// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
