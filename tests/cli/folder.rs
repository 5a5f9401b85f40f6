//! A folder of its own for a test, and the command in it.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{ended::Ended, running::Running};

/// A working folder that is gone after the test.
pub(crate) struct Folder {
    path: PathBuf,
    _whole: TempDir,
}

/// A command line that was not run yet. It sees no environment but `PATH`.
pub(crate) struct Typed {
    command: Command,
    folder: PathBuf,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        let whole = tempfile::tempdir().unwrap();
        close(whole.path());
        Self { path: whole.path().canonicalize().unwrap(), _whole: whole }
    }

    /// One that holds this `longhaul.toml`.
    pub(crate) fn configured(configuration: &str) -> Self {
        Self::empty().with("longhaul.toml", configuration)
    }

    /// The same folder with a file more. Nobody but its owner may write to it, whatever the umask says.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.ancestors().take_while(|place| **place != self.path).for_each(close);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The files in the folder `name`, sorted; none where there is no such folder.
    pub(crate) fn names_in(&self, name: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(name)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `longhaul` with these arguments, which blanks part.
    pub(crate) fn longhaul(&self, arguments: &str) -> Typed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
        command.args(arguments.split_whitespace()).current_dir(&self.path).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        Typed { command, folder: self.path.clone() }
    }

    /// Runs `longhaul` with these arguments.
    pub(crate) fn run(&self, arguments: &str) -> Ended {
        self.longhaul(arguments).run()
    }
}

impl Typed {
    /// The same with an argument more, which may hold blanks.
    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// The same with a variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The same with stdout going there.
    pub(crate) fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self
    }

    /// The same, by a shell that does this first.
    #[cfg(unix)]
    pub(crate) fn after(self, script: &str) -> Self {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{script}; exec \"$0\" \"$@\""));
        command.arg(self.command.get_program()).args(self.command.get_args());
        command.current_dir(&self.folder).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, ..self }
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Ended {
        let output = self.command.output().unwrap();
        Ended::new(output.status, output.stdout, output.stderr, &self.folder)
    }

    /// Lets it run.
    pub(crate) fn start(mut self) -> Running {
        Running::new(self.command.spawn().unwrap(), &self.folder)
    }
}

#[cfg(unix)]
fn close(place: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(place).unwrap().permissions().mode();
    fs::set_permissions(place, fs::Permissions::from_mode(mode & !0o022)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &Path) {}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}
