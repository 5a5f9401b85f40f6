//! How requests travel: to the API, or to a recording.

use std::{path::PathBuf, sync::Arc};

use longhaul_core::http::{
    recording::{Recorder, Recording, RecordingTransport, ReplayClock, ReplayTransport},
    transport::Transport,
};

/// How the requests of a run travel.
#[derive(Clone, Debug, Default)]
pub(crate) enum Exchanges {
    /// To the API.
    #[default]
    Live,
    /// To the API, and what comes of them is recorded.
    Recorded(Arc<Recorder>),
    /// They are answered from a recording. Nothing is sent.
    Replayed(Arc<Recording>, Arc<ReplayClock>),
}

impl Exchanges {
    /// The recording that is replayed, if one is.
    pub(crate) fn replayed(&self) -> Option<&Arc<Recording>> {
        match self {
            Self::Replayed(recording, _) => Some(recording),
            Self::Live | Self::Recorded(_) => None,
        }
    }

    /// The transport below the limits of a run, unless the requests go to the API.
    pub(super) fn replaying(&self, spool_folder: Option<&PathBuf>) -> Option<Arc<dyn Transport>> {
        match self {
            Self::Replayed(recording, clock) => {
                let (recording, clock) = (Arc::clone(recording), Arc::clone(clock));
                Some(Arc::new(ReplayTransport::new(recording, clock, spool_folder.cloned())))
            }
            Self::Live | Self::Recorded(_) => None,
        }
    }

    /// `transport`, and what it sends and receives is recorded if the run is.
    pub(super) fn recording(&self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        match self {
            Self::Recorded(recorder) => Arc::new(RecordingTransport::new(transport, Arc::clone(recorder))),
            Self::Live | Self::Replayed(..) => transport,
        }
    }
}
