//! Limits of clients and servers: admission, backpressure, overflow; and their settings.

mod admission;
mod backpressure;
mod bulk;
mod overflow;
mod settings;
mod slow_handlers;
