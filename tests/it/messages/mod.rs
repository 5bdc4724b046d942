//! Messages between typed clients and servers.

mod busy_poll;
mod chat;
mod hook;
mod offline;
mod recipients;
