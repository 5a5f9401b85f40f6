//! The refresh token that a client starts with, and the file that it is kept in.

use std::{
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::AuthError;
use crate::{
    clock::{Clock, Wake},
    disk::{Disk, DiskFile, Open, followed, remove_if_there},
    http::secret::Secret,
};

/// The refresh token that a client starts with.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// The token.
    pub token: Secret,
    /// The file that it comes from. If the server replaces the token, the new one is written there.
    pub file: Option<TokenFile>,
}

/// A file with a refresh token. Programs that share it take turns.
///
/// A new token replaces the file as a whole, and is durable before anything else happens: a server that replaces a
/// refresh token often makes the old one invalid at once.
#[derive(Clone, Debug)]
pub struct TokenFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

/// How often a program that waits for its turn looks.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl TokenFile {
    /// The file at `path`. If it is a link, the file that it leads to.
    pub fn new(disk: Arc<dyn Disk>, path: &Path) -> Self {
        Self { disk, path: followed(path) }
    }

    /// Finishes what a crash may have interrupted, and checks that a new token could be saved.
    ///
    /// # Errors
    /// It could not. If the run is stopped while it waits for another program, that is [`ErrorKind::Interrupted`].
    pub fn prepare(&self, clock: &dyn Clock) -> io::Result<()> {
        let _turn = self.take_turn(clock)?;
        let new = self.beside(".new");
        match self.read(&new) {
            // It was written to the end, so it is newer than the file.
            Ok(text) if is_whole(&text) => {
                self.disk.open(&new, Open::Existing)?.sync()?;
                self.disk.rename(&new, &self.path)?;
                return self.sync_folder();
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        remove_if_there(&*self.disk, &new)?;
        drop(self.disk.open(&new, Open::NewPrivate)?);
        self.disk.remove(&new)
    }

    /// Waits until no other program uses the token. The turn ends when the result is dropped.
    pub(super) fn lock(&self, clock: &dyn Clock) -> Result<Box<dyn DiskFile>, AuthError> {
        self.take_turn(clock).map_err(|error| match error.kind() {
            ErrorKind::Interrupted => AuthError::Interrupted,
            _ => self.unusable(error),
        })
    }

    /// The token in the file, which another program may have replaced.
    pub(super) fn load(&self) -> Result<Secret, AuthError> {
        let text = self.read(&self.path).and_then(|text| {
            String::from_utf8(text).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
        });
        let text = text.map_err(|source| self.unusable(source))?;
        let token = text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
        Ok(Secret::new(token))
    }

    /// Replaces the token, completely or not at all. It is durable when this returns.
    pub(super) fn save(&self, token: &Secret) -> io::Result<()> {
        let new = self.beside(".new");
        remove_if_there(&*self.disk, &new)?;
        let mut file = self.disk.open(&new, Open::NewPrivate)?;
        file.write_all(format!("{}\n", token.expose()).as_bytes())?;
        file.sync()?;
        self.disk.rename(&new, &self.path)?;
        self.sync_folder()
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn take_turn(&self, clock: &dyn Clock) -> io::Result<Box<dyn DiskFile>> {
        let lock = self.disk.open(&self.beside(".lock"), Open::ExistingOrNew)?;
        while !lock.try_lock()? {
            if clock.sleep(POLL_INTERVAL) == Wake::Interrupted {
                return Err(ErrorKind::Interrupted.into());
            }
        }
        Ok(lock)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.disk.open(path, Open::Existing)?.read_to_end(&mut text)?;
        Ok(text)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.path.parent().map_or(Ok(()), |folder| self.disk.sync_folder(folder))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    fn unusable(&self, source: io::Error) -> AuthError {
        AuthError::Unusable { path: self.path.clone(), source: Arc::new(source) }
    }
}

/// Whether the text was written to its end. A crash can leave a part of it, or zeros.
fn is_whole(text: &[u8]) -> bool {
    matches!(text, [first, .., b'\n'] if *first != b'\n') && !text.contains(&0)
}
