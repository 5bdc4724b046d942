//! Runs inputs one after the other, with a time limit for each.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The time limit of one input, far above the usual time.
const LIMIT: Duration = Duration::from_secs(20);

/// The stack size of the thread that runs the inputs: the default of Rust.
const STACK: usize = 2 * 1024 * 1024;

/// The number of bytes of an input that a failure shows.
const SHOWN: usize = 4096;

/// Runs all inputs on another thread, and returns for how many of them `run` returned true.
///
/// # Panics
///
/// Panics if an input panics or takes too long. The message shows the input.
pub fn count(
    inputs: impl Iterator<Item = Vec<u8>> + Send + 'static,
    run: impl FnMut(&[u8]) -> bool + Send + 'static,
) -> usize {
    count_within(LIMIT, inputs, run)
}

fn count_within(
    limit: Duration,
    inputs: impl Iterator<Item = Vec<u8>> + Send + 'static,
    mut run: impl FnMut(&[u8]) -> bool + Send + 'static,
) -> usize {
    let current = Arc::new(Mutex::new(Vec::new()));
    let (sender, outcomes) = mpsc::channel();
    let running = Arc::clone(&current);
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
        for input in inputs {
            running
                .lock()
                .expect("the lock is never held during a panic")
                .clone_from(&input);
            let outcome = run(&input);
            if sender.send(outcome).is_err() {
                return;
            }
        }
    });
    let thread = thread.expect("the system can start a thread");

    let mut count = 0;
    let problem = loop {
        match outcomes.recv_timeout(limit) {
            Ok(outcome) => count += usize::from(outcome),
            Err(RecvTimeoutError::Timeout) => break "takes too long",
            Err(RecvTimeoutError::Disconnected) if thread.join().is_ok() => return count,
            Err(RecvTimeoutError::Disconnected) => break "panics",
        }
    };
    let input = current.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = &input[..input.len().min(SHOWN)];
    panic!(
        "{problem}, of {} bytes: {}",
        input.len(),
        shown.escape_ascii()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> impl Iterator<Item = Vec<u8>> {
        [b"good".to_vec(), b"bad".to_vec()].into_iter()
    }

    #[test]
    fn inputs_with_the_result_true_are_counted() {
        assert_eq!(count(inputs(), |input| input == b"good"), 1);
    }

    #[test]
    #[should_panic = "panics, of 3 bytes: bad"]
    fn an_input_that_panics_is_shown() {
        count(inputs(), |input| {
            assert_eq!(input, b"good");
            true
        });
    }

    #[test]
    #[should_panic = "takes too long, of 3 bytes: bad"]
    fn an_input_that_hangs_is_shown() {
        let (_sender, never) = mpsc::channel::<bool>();
        count_within(Duration::from_millis(200), inputs(), move |input| {
            input == b"good" || never.recv().is_ok()
        });
    }
}
