//! A cache of directories, each of which is either complete or missing.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime};

use super::Unprepared;

/// The age from which an unfinished directory belongs to a killed run. No preparation takes this long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The end of an unfinished directory's name, before the process id.
const UNFINISHED: &str = ".unfinished-";

/// The directory `target/interop`.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens the cache, and removes the directories of killed runs.
    pub(crate) fn open() -> Result<Self, Unprepared> {
        // Beside `tmp` in the target directory.
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop");
        fs::create_dir_all(&root).map_err(|error| broken("create", &root, &error))?;
        let cache = Self { root };
        cache.remove_abandoned();

        Ok(cache)
    }

    /// Returns the directory for the given inputs, filled by `fill` unless it exists.
    ///
    /// A new directory is filled under another name and renamed when complete. So a killed run leaves no
    /// directory that looks complete, and if two runs fill it at the same time, the first one is used.
    pub(crate) fn directory(
        &self,
        name: &str,
        inputs: impl Hash,
        fill: impl FnOnce(&Path) -> Result<(), Unprepared>,
    ) -> Result<PathBuf, Unprepared> {
        let complete = self.root.join(format!("{name}-{:016x}", hash(inputs)));

        if complete.exists() {
            return Ok(complete);
        }

        let unfinished = with_suffix(&complete, &format!("{UNFINISHED}{}", process::id()));
        let filled = fill_new(&unfinished, fill).and_then(|()| publish(&unfinished, &complete));
        // If the directory still exists, it was not renamed.
        let _ = fs::remove_dir_all(&unfinished);

        filled.map(|()| complete)
    }

    fn remove_abandoned(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return;
        };

        for entry in entries.flatten() {
            let unfinished = entry.file_name().to_string_lossy().contains(UNFINISHED);

            if unfinished && age(&entry).is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Returns the error of a failed access to a file.
pub(crate) fn broken(action: &str, path: &Path, error: &io::Error) -> Unprepared {
    Unprepared::Broken(format!("can't {action} {}: {error}", path.display()))
}

fn fill_new(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), Unprepared>,
) -> Result<(), Unprepared> {
    fs::create_dir(path).map_err(|error| broken("create", path, &error))?;
    fill(path)
}

fn publish(unfinished: &Path, complete: &Path) -> Result<(), Unprepared> {
    match fs::rename(unfinished, complete) {
        // Another run with the same inputs was faster.
        Err(_) if complete.exists() => Ok(()),
        renamed => renamed.map_err(|error| broken("rename", unfinished, &error)),
    }
}

fn age(entry: &fs::DirEntry) -> Option<Duration> {
    let modified = entry.metadata().ok()?.modified().ok()?;
    SystemTime::now().duration_since(modified).ok()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn hash(inputs: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    hasher.finish()
}
