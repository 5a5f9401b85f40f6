//! Uploads parts, several at a time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use longhaul_core::object_store::{Content, ObjectStore, StoreError, StoreErrorKind, Upload};

/// How many parts are uploaded at the same time. Each needs a thread and a connection, but no memory: it is read from its
/// local file.
const MOST: usize = 4;

/// The uploads of one object that are in progress.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    in_progress: usize,
    /// The `ETag`s that have arrived since they were last taken.
    etags: BTreeMap<u32, String>,
    error: Option<StoreError>,
    is_cancelled: bool,
}

impl Uploads {
    /// Uploads a part in the background. Waits for another one if there are too many.
    ///
    /// # Errors
    /// An earlier part could not be uploaded.
    pub(super) fn start(
        self: &Arc<Self>,
        store: &Arc<dyn ObjectStore>,
        upload: &Upload,
        number: u32,
        content: Arc<dyn Content>,
    ) -> Result<(), StoreError> {
        let mut state = self.wait(|state| state.in_progress < MOST)?;
        state.in_progress += 1;
        drop(state);
        let (uploads, store, upload) = (Arc::clone(self), Arc::clone(store), upload.clone());
        let work = move || {
            let sent = if uploads.lock().is_cancelled {
                None
            } else {
                Some(store.put_part(&upload, number, &content))
            };
            // Closed before anybody removes the file.
            drop(content);
            let mut state = uploads.lock();
            state.in_progress -= 1;
            match sent {
                Some(Ok(etag)) => drop(state.etags.insert(number, etag)),
                Some(Err(error)) => drop(state.error.get_or_insert(error)),
                None => {}
            }
            drop(state);
            uploads.changed.notify_all();
        };
        let started = thread::Builder::new().name(format!("part {number}")).spawn(work);
        started.map(drop).map_err(|error| {
            self.lock().in_progress -= 1;
            StoreError::new(StoreErrorKind::Other, "cannot start a thread").because(error)
        })
    }

    /// Takes the `ETag`s that have arrived.
    pub(super) fn arrived(&self) -> BTreeMap<u32, String> {
        std::mem::take(&mut self.lock().etags)
    }

    /// Waits for all parts, and takes their `ETag`s.
    ///
    /// # Errors
    /// A part could not be uploaded.
    pub(super) fn take_all(&self) -> Result<BTreeMap<u32, String>, StoreError> {
        self.wait(|state| state.in_progress == 0).map(|mut state| std::mem::take(&mut state.etags))
    }

    /// Starts nothing more, and waits for what is in progress. A part that arrived later could replace a newer one.
    pub(super) fn cancel(&self) {
        self.stop();
        let state = self.lock();
        drop(self.changed.wait_while(state, |state| state.in_progress > 0));
    }

    /// Starts nothing more.
    pub(super) fn stop(&self) {
        self.lock().is_cancelled = true;
    }

    fn wait(&self, until: impl Fn(&State) -> bool) -> Result<MutexGuard<'_, State>, StoreError> {
        let waited = self.changed.wait_while(self.lock(), |state| state.error.is_none() && !until(state));
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        match state.error.take() {
            Some(error) => Err(error),
            None => Ok(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
