//! The documents of the repository: their links, their code and the facts that they repeat.

mod guide;
mod links;
mod markdown;
mod readme;
