//! Directories that are either complete or not there.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime};

use super::Unprepared;

/// No preparation takes this long: what is older was left behind by a run that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// What an unfinished directory's name ends with, before the process id.
const UNFINISHED: &str = ".unfinished-";

/// The directory `target/interop`.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens the cache, and clears it of what killed runs left behind.
    pub(crate) fn open() -> Result<Self, Unprepared> {
        // Next to `target/tmp`, whatever the target directory is.
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop");
        fs::create_dir_all(&root).map_err(|error| broken("create", &root, &error))?;
        let cache = Self { root };
        cache.remove_abandoned();

        Ok(cache)
    }

    /// Gives the directory for these inputs, filled by `fill` unless it's there already.
    ///
    /// It is filled under another name and renamed when complete. So a run that is killed leaves
    /// nothing that the next one takes for complete, and of two runs at once, the later one uses
    /// what the earlier one made.
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
        // What is still there was not renamed.
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

/// Describes a failed access to a file.
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
        // Another run was faster, with the same inputs.
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
