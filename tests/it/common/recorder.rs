//! Records the log of this program, in which several tests run at the same time.

use std::sync::{Mutex, Once};

use log::{Level, LevelFilter, Log, Metadata, Record};

static INSTALL: Once = Once::new();
static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

/// Starts recording, unless another test already has.
pub fn record(level: LevelFilter) {
    INSTALL.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(level);
    });
}

/// Returns all lines recorded so far.
pub fn lines() -> Vec<(Level, String)> {
    LINES.lock().unwrap().clone()
}

/// Returns the number of recorded lines that end with a text.
pub fn lines_ending_with(text: &str) -> usize {
    let lines = LINES.lock().unwrap();
    lines
        .iter()
        .filter(|(_, line)| line.ends_with(text))
        .count()
}

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "messi"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            LINES.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}
