//! Recording a run, and replaying a recording.

use std::{
    io,
    path::Path,
    sync::{Arc, OnceLock},
};

use longhaul_core::{
    Clock,
    client::auth::Carrier,
    disk::SystemDisk,
    http::recording::{Recorded, Recorder, Recording, RecordingError, ReplayClock, Totals},
    state::{StateError, StateFile},
};
use tempfile::TempDir;

use crate::{
    build::Exchanges,
    config::{self, Sources},
    exit::Exit,
    session::Session,
    stop::Stop,
    terminal::{
        failure::Failure, invocation::Invocation, numbers::counted, progress::Progress, screen::Screen,
    },
};

impl Session {
    /// Records the exchanges with the API in `folder`. Nothing is sent yet.
    pub(crate) fn recorded_in(self, folder: &Path) -> Result<Self, Failure> {
        let auth = &self.loaded.config.auth;
        let credential_query = match auth.carrier() {
            Some(Carrier::Query(name)) => Some(name),
            _ => None,
        };
        let run = Recorded { now: self.now, renews_token: auth.grant().is_some(), credential_query };
        let (folder, secrets) = (self.folder.join(folder), self.screen.secrets().clone());
        let recorder = Recorder::create(&folder, run, secrets, Arc::clone(&self.clock));
        let recorder = recorder.map_err(|error| failed(error, Exit::Usage))?;
        recorder.describe(&self.loaded.listing()).map_err(|error| failed(error, Exit::Usage))?;
        Ok(Self { exchanges: Exchanges::Recorded(Arc::new(recorder)), ..self })
    }

    /// A session that replays the recording in `folder`: at the time of the recorded run, and with a state of its own. It
    /// needs no credentials.
    pub(crate) fn replaying(
        sources: Sources,
        invocation: Invocation,
        screen: Screen,
        stop: Stop,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let recording = Recording::open(&sources.cwd.join(folder), screen.secrets().clone());
        let recording = recording.map_err(|error| failed(error, Exit::State))?;
        let now = recording.run().now;
        let clock = Arc::new(ReplayClock::new(now.into(), stop.interrupt()));
        let loaded = config::load(&Sources { may_lack_credentials: true, ..sources.clone() })?.for_replay();
        let own_state = private_folder().map_err(|error| Failure::new(Exit::State, error))?;
        let shared: Arc<dyn Clock> = Arc::<ReplayClock>::clone(&clock);
        let progress = Progress::new(Arc::clone(&shared), screen.clone());
        let exchanges = counted(recording.exchanges(), "exchange");
        let started = now.strftime("%Y-%m-%d %H:%M:%S UTC");
        screen.print(&format!("replaying {exchanges} of the run started at {started}; nothing is sent"));
        let Sources { environment, cwd, .. } = sources;
        Ok(Self {
            loaded,
            environment,
            invocation,
            folder: cwd,
            screen,
            clock: shared,
            progress,
            recorder: OnceLock::new(),
            stop,
            now,
            exchanges: Exchanges::Replayed(Arc::new(recording), clock),
            own_state: Some(own_state),
            state_place: OnceLock::new(),
        })
    }

    /// Stores what complete pulls have left of the stream `name`, so that a replay starts from the same state. In a replay,
    /// restores it. `id` is the id of the pull.
    pub(crate) fn share_state(&self, name: &str, id: &str) -> Result<(), Failure> {
        let stored = |folder| StateFile::new(Arc::new(SystemDisk), folder, name);
        let file = self.state_file(id)?;
        let shared = match &self.exchanges {
            Exchanges::Live => Ok(()),
            Exchanges::Recorded(recorder) => file.copy_to(&stored(recorder.state_folder())),
            Exchanges::Replayed(recording, _) => {
                stored(recording.state_folder()).copy_to(&file).and_then(|()| self.adopt(name, &file))
            }
        };
        shared.map_err(|error| Failure::of_state(name, error))
    }

    /// Makes what is saved in `file` belong to the configuration of the replay, which has no credentials, and may write
    /// elsewhere.
    fn adopt(&self, name: &str, file: &StateFile) -> Result<(), StateError> {
        let mut state = file.load()?;
        if let Some(reached) = &mut state.reached {
            reached.definition = self.loaded.incremental_definition(name);
        }
        if let Some(pages) = state.complete.as_mut().and_then(|complete| complete.pages.as_mut()) {
            pages.definition = self.loaded.pages_definition(name);
        }
        file.save(&state)
    }

    /// Ends the recording of a run that ended with `exit`, and prints what was recorded in `folder`.
    pub(crate) fn end_recording(&self, folder: &Path, exit: Exit) -> Result<(), Failure> {
        let Exchanges::Recorded(recorder) = &self.exchanges else { return Ok(()) };
        if [Exit::Usage, Exit::State].contains(&exit)
            && recorder.discard_if_empty().map_err(|error| failed(error, Exit::Sink))?
        {
            return Ok(());
        }
        let totals = recorder.finish(exit.code()).map_err(|error| failed(error, Exit::Sink))?;
        let Totals { exchanges, redacted } = totals;
        self.screen.print(&format!("recorded {} in {}", counted(exchanges, "exchange"), folder.display()));
        if redacted > 0 {
            let answers = counted(redacted, "answer");
            log::warn!(
                "{answers} contained a secret, which the recording has as `***`; a replay has it, too"
            );
        }
        Ok(())
    }
}

fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix("longhaul-replay-").tempdir()
}

/// `exit` is the code if the cause is not the folder itself.
fn failed(error: RecordingError, exit: Exit) -> Failure {
    let (exit, hint) = match &error {
        RecordingError::NotEmpty { .. } => (Exit::Usage, "name another folder, or delete this one"),
        RecordingError::Unwritable { .. } => (exit, "make room there, or name another folder"),
        RecordingError::NotARecording { .. } => {
            (Exit::Usage, "name the folder of a run that was recorded with --record")
        }
        RecordingError::Foreign { .. } => {
            (Exit::State, "replay it with the version that its file `recording.json` names")
        }
        RecordingError::Damaged { .. } => (Exit::State, "copy the recording again, or record another run"),
        _ => (exit, "check its permissions"),
    };
    Failure::new(exit, error).hint(hint)
}
