//! Messages between typed clients and servers.

mod busy_poll;
mod chat;
mod hook;
mod losses;
mod many;
mod offline;
mod recipients;
mod seen;
mod views;
