//! Checks the documents and packages of the repository: links, code, and facts that they repeat.

mod defaults;
mod guide;
mod links;
mod markdown;
mod metrics;
mod packages;
mod readme;
mod settings;
