//! The folder of a test, and the command in it.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{command_output::CommandOutput, running_command::RunningCommand, summary_schema};

/// A working folder that is deleted after the test.
pub(crate) struct Folder {
    path: PathBuf,
    _whole: TempDir,
}

/// A command line before it runs. Its environment has only `PATH`.
pub(crate) struct CommandLine {
    command: Command,
    folder: PathBuf,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        let whole = tempfile::tempdir().unwrap();
        make_private(whole.path());
        Self { path: whole.path().canonicalize().unwrap(), _whole: whole }
    }

    /// A folder with this `longhaul.toml`.
    pub(crate) fn configured(configuration: &str) -> Self {
        Self::empty().with("longhaul.toml", configuration)
    }

    /// Adds a file. Only its owner can use it and its folders, whatever the umask.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.ancestors().take_while(|place| **place != self.path).for_each(make_private);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The files in the folder `name`, sorted; none if the folder does not exist.
    pub(crate) fn names_in(&self, name: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(name)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `longhaul` with these arguments, separated by spaces.
    pub(crate) fn longhaul(&self, arguments: &str) -> CommandLine {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
        command.args(arguments.split_whitespace()).current_dir(&self.path).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        CommandLine { command, folder: self.path.clone() }
    }

    /// Runs `longhaul` with these arguments.
    pub(crate) fn run(&self, arguments: &str) -> CommandOutput {
        self.longhaul(arguments).run()
    }
}

impl CommandLine {
    /// Adds an argument, which may contain spaces.
    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds an environment variable.
    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Redirects stderr.
    pub(crate) fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stderr(to);
        self
    }

    /// Redirects stdin.
    pub(crate) fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.command.stdin(from);
        self
    }

    /// Redirects stdout.
    pub(crate) fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self
    }

    /// Runs this shell script first.
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

    /// Runs it to the end.
    pub(crate) fn run(mut self) -> CommandOutput {
        let output = self.command.output().unwrap();
        summary_schema::assert_valid(self.command.get_args().filter_map(OsStr::to_str), &self.folder);
        CommandOutput::new(output.status, output.stdout, output.stderr, &self.folder)
    }

    /// Runs it to the end with stderr elsewhere, and returns the exit code.
    #[cfg(unix)]
    pub(crate) fn run_without_stderr(mut self) -> Option<i32> {
        let status = self.command.stdout(Stdio::null()).status().unwrap();
        status.code()
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> RunningCommand {
        RunningCommand::new(self.command.spawn().unwrap(), &self.folder)
    }
}

#[cfg(unix)]
fn make_private(place: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(place).unwrap().permissions().mode();
    fs::set_permissions(place, fs::Permissions::from_mode(mode & !0o077)).unwrap();
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}
