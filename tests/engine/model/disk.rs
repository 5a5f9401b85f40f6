//! What a disk has, and what a crash leaves of it.
//!
//! A kill leaves everything that was written, although a power cut can still undo it. A power cut leaves what was synced. Of
//! anything else it may leave everything, nothing, or junk, and of each file independently of the others.

use super::shape::{Content, JUNK};

/// A file. Its name is synced with its content.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct File {
    /// What a process reads.
    pub(super) now: Content,
    /// What survives a power cut.
    pub(super) synced: Content,
    /// Whether its name survives a power cut.
    pub(super) is_named: bool,
}

/// A file that is always replaced as a whole, by renaming another one.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Replaced<T> {
    /// What a process reads.
    pub(super) now: T,
    /// What survives a power cut.
    pub(super) synced: T,
}

impl File {
    /// A file that exists before the first run.
    pub(super) fn durable(content: Content) -> Self {
        Self { synced: content.clone(), now: content, is_named: true }
    }

    pub(super) fn sync(&mut self) {
        self.synced.clone_from(&self.now);
        self.is_named = true;
    }

    /// Cuts the content, durably.
    pub(super) fn cut(&mut self, content: &Content) {
        self.now.clone_from(content);
        self.sync();
    }

    /// What a power cut may leave.
    pub(super) fn after_power_cut(&self) -> Vec<Option<Self>> {
        let mut contents = vec![self.synced.clone()];
        if self.now != self.synced {
            let same = self.now.iter().zip(&self.synced).take_while(|(now, synced)| now == synced).count();
            let mut torn = self.now[..same].to_vec();
            torn.resize(self.now.len().max(self.synced.len()), JUNK);
            contents.extend([self.now.clone(), torn]);
        }
        let mut left: Vec<_> = contents.into_iter().map(|content| Some(Self::durable(content))).collect();
        if !self.is_named {
            left.push(None);
        }
        left
    }
}

impl<T: Clone + PartialEq> Replaced<T> {
    /// Replaces the file. A power cut may undo that.
    pub(super) fn replace(&mut self, by: T) {
        self.now = by;
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.now.clone();
    }

    /// What a power cut may leave.
    pub(super) fn after_power_cut(&self) -> Vec<Self> {
        let durable = |value: &T| Self { now: value.clone(), synced: value.clone() };
        let mut left = vec![durable(&self.synced)];
        if self.now != self.synced {
            left.push(durable(&self.now));
        }
        left
    }
}
