//! Real servers that carry the messages of clusters, each in a process of its own, and where their programs come from.

pub(crate) mod redis;
mod server;

pub(crate) use server::{Kind, Program, Server};
