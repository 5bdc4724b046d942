//! The guide: how to write a program with messi, and how it behaves.
//!
//! - [Tutorial](tutorial): a chat room, step by step, with a test
//! - [Lifecycle](lifecycle): each event as each side sees it, and which messages are lost
//! - [Sessions](sessions): no message lost and no message twice when a connection is lost
//! - [Evolving](evolving): which changes of a schema are compatible
//! - [Schemas](schemas): imports, options and names, and the checks
//! - [Editors](editors): completion and documentation in rust-analyzer
//! - [Logins](logins): clients that must identify themselves, and clients that are refused
//! - [Sending from outside](sending): messages from other tasks and threads
//! - [Rooms and users](topics): messages to some of the clients, by name
//! - [More than one server](cluster): several servers that act as one
//! - [Limits](limits): every limit, its default and its effect
//! - [Bulk transfers](bulk): a download that does not hold up other messages
//! - [At least once](at_least_once): messages that must not be lost
//! - [Runtimes](runtimes): tokio, smol and async-std
//! - [Signals and shutdown](shutdown): a server that ends in good order
//! - [Metrics](metrics): statistics for a monitoring system
//! - [C](c): clients and servers in C, on Linux and on microcontrollers
//! - [Messages in C](c_messages): structs, memory, and the accepted input
//! - [Python](python): clients and servers in Python
//! - [Migrating](migrating): coming from the original Messi, or from a gRPC stream
//! - [Troubleshooting](troubleshooting): every error message, with its cause and its solution
//! - [Security](security): the guarantees against hostile peers

/// Declares a module per page. In Markdown the first definition of a link wins: `links.txt` comes before the
/// page, so the links of a page lead to modules here, and to files where the page is read as a file.
macro_rules! pages {
    ($($name:ident = $file:literal)*) => {$(
        #[doc = include_str!("guide/links.txt")]
        #[doc = include_str!($file)]
        pub mod $name {}
    )*};
}

pages! {
    tutorial = "../docs/tutorial.md"
    lifecycle = "../docs/lifecycle.md"
    sessions = "../docs/sessions.md"
    evolving = "../docs/evolving.md"
    schemas = "../docs/schemas.md"
    editors = "../docs/editors.md"
    logins = "../docs/logins.md"
    sending = "../docs/sending.md"
    topics = "../docs/topics.md"
    cluster = "../docs/cluster.md"
    limits = "../docs/limits.md"
    bulk = "../docs/bulk.md"
    at_least_once = "../docs/at_least_once.md"
    runtimes = "../docs/runtimes.md"
    shutdown = "../docs/shutdown.md"
    metrics = "../docs/metrics.md"
    c = "../docs/c.md"
    c_messages = "../docs/c_messages.md"
    python = "../docs/python.md"
    migrating = "../docs/migrating.md"
    troubleshooting = "../docs/troubleshooting.md"
    security = "../SECURITY.md"
}
