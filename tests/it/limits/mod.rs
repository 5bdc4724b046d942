//! What clients and servers refuse, hold back or drop, and their settings.

mod admission;
mod backpressure;
mod overflow;
mod settings;
mod slow_handlers;
