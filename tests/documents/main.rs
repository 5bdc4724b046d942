//! The documents and packages of the repository: their links, code, and the facts that they repeat.

mod defaults;
mod guide;
mod links;
mod markdown;
mod packages;
mod readme;
mod settings;
