//! The log of this test program, in which the tests run side by side.

use std::sync::{Mutex, Once};

use log::{LevelFilter, Log, Metadata, Record};

static INSTALL: Once = Once::new();
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Starts recording, unless another test has.
pub(crate) fn record() {
    INSTALL.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(LevelFilter::Info);
    });
}

/// Returns the number of recorded lines that end with a text.
pub(crate) fn lines_ending_with(text: &str) -> usize {
    let lines = LINES.lock().unwrap();
    lines.iter().filter(|line| line.ends_with(text)).count()
}

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "messi"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            LINES.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}
