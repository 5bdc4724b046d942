//! The runtime of a test program.

use std::env;
use std::sync::{LazyLock, Once};

use messi::Runtime;

const VARIABLE: &str = "MESSI_TEST_RUNTIME";

/// The runtime of tokio of this process, with two threads.
pub(crate) static TOKIO: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
});

/// Returns whether the variable names a runtime for all clients and servers.
pub(crate) fn is_named() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Returns the runtime of messi that is [`TOKIO`].
pub(crate) fn tokio() -> Runtime {
    let _inside = TOKIO.enter();
    Runtime::tokio().unwrap()
}

/// Sets the runtime of clients and servers for which a test sets no runtime: the one that the variable
/// `MESSI_TEST_RUNTIME` names, or else the one that users have by default.
pub(crate) fn set_default() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let runtime = match env::var(VARIABLE).as_deref() {
            Err(_) => return,
            Ok("async-std") => Runtime::async_std(),
            Ok("smol") => Runtime::smol(),
            Ok("tokio") => tokio(),
            Ok(other) => panic!("{VARIABLE} is {other}, not async-std, smol or tokio"),
        };
        runtime.set_default().unwrap();
    });
}
