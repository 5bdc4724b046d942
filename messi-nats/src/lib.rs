//! NATS as the engine of a cluster of [messi](https://docs.rs/messi) servers.
//!
//! [`Nats`] carries the messages between the servers by publish/subscribe. See there for its requirements and
//! guarantees.
//!
//! # Features
//!
//! | feature | content |
//! | --- | --- |
//! | `credentials` | logging in with the text of a file of credentials |
//! | `tls` | `tls://`, by rustls |
//!
//! There is no feature for a runtime: each connection has a thread of its own, so that it serves servers on async-std, smol
//! and tokio alike.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
mod driver;
mod error;
mod link;
mod login;
mod nats;
mod reports;
mod subject;
mod subscription;
mod target;
#[cfg(feature = "tls")]
mod tls;

#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use messi_core::tls::rustls;

pub use self::nats::Nats;

// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
