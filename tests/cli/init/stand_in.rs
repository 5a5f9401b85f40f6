//! An API that `init` looks at, and the check that what it writes pulls every record.

use longhaul_tests::{FaultServer, Reaction, Received};

use crate::{api, command_output::CommandOutput, folder::Folder, systems::system::records};

/// A server, and the folder in which `init` was run for it.
pub(super) struct Initialized {
    pub(super) folder: Folder,
    pub(super) server: FaultServer,
    pub(super) ended: CommandOutput,
}

/// Runs `init` with these arguments, in which `ROOT` stands for the address of a server that answers with `script`.
pub(super) fn init(
    arguments: &str,
    script: impl Fn(&Received) -> Reaction + Send + Sync + 'static,
) -> Initialized {
    let (folder, server) = (Folder::empty(), FaultServer::start(api::clock(), script));
    let command = format!("init {}", arguments.replace("ROOT", &api::root(&server)));
    let command = folder.longhaul(&command).variable("API_TOKEN", "t0ken-of-init");
    let ended = command.variable("LONGHAUL_RETRY__BASE_DELAY", "1ms").run();
    Initialized { folder, server, ended }
}

impl Initialized {
    /// Asserts what was printed and written, with at most three requests. In both, `ROOT` stands for the address.
    #[track_caller]
    pub(super) fn assert_wrote(&self, report: &str, configuration: &str) -> &Self {
        assert_eq!(self.ended.assert_complete().stderr, "");
        assert_eq!(self.configuration(), configuration);
        assert_eq!(self.ended.stdout, report);
        assert!(self.server.received().len() <= 3, "{:#?}", self.server.received());
        assert_eq!(self.folder.names_in("."), ["longhaul.toml"]);
        self
    }

    /// The configuration, with `ROOT` in place of the address.
    pub(super) fn configuration(&self) -> String {
        let text = self.folder.read("longhaul.toml");
        assert!(!text.contains("t0ken-of-init"), "{text}");
        text.replace(&api::root(&self.server), "ROOT")
    }

    /// Asserts that these lines are in the configuration, one after the other, without its comments.
    #[track_caller]
    pub(super) fn assert_has(&self, lines: &str) -> &Self {
        self.ended.assert_complete();
        assert!(self.server.received().len() <= 3, "{:#?}", self.server.received());
        let configuration = self.configuration();
        let kept =
            configuration.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect::<String>();
        assert!(kept.contains(lines), "{lines}\nis not in\n{configuration}");
        self
    }

    /// Asserts that this is in what was printed.
    #[track_caller]
    pub(super) fn assert_says(&self, words: &str) -> &Self {
        assert!(self.ended.stdout.contains(words), "{words}\nis not in\n{}", self.ended.stdout);
        self
    }

    /// Asserts that the configuration pulls all records, each once, into the file of `stream`.
    #[track_caller]
    pub(super) fn assert_pulls_all(&self, stream: &str) -> &Self {
        self.assert_pulls(stream, &records())
    }

    /// Asserts that the configuration pulls `expected`.
    #[track_caller]
    pub(super) fn assert_pulls(&self, stream: &str, expected: &[String]) -> &Self {
        self.run("check").assert_complete();
        self.run("run --strict").assert_complete();
        let lines: String = expected.iter().map(|record| record.to_owned() + "\n").collect();
        assert_eq!(self.folder.read(&format!("out/{stream}.ndjson")), lines);
        self
    }

    /// Runs a command in the folder.
    pub(super) fn run(&self, arguments: &str) -> CommandOutput {
        let command = self.folder.longhaul(arguments).variable("API_TOKEN", "t0ken-of-init");
        command.variable("LONGHAUL_RETRY__BASE_DELAY", "1ms").run()
    }
}
