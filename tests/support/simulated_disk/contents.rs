//! The contents of a file.

use super::losses::{Fate, Losses, Rest};

/// The bytes of a file, and those that would survive a power cut.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Contents {
    pub(super) bytes: Vec<u8>,
    synced: Vec<u8>,
    /// The changes since the last sync, in order.
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug, Hash)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Contents {
    /// Durable bytes.
    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        Self { synced: bytes.clone(), bytes, unsynced: Vec::new() }
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.change(Change::Write { at, bytes: bytes.to_vec() });
        }
    }

    pub(super) fn set_length(&mut self, length: usize) {
        self.change(Change::Length(length));
    }

    pub(super) fn sync(&mut self) {
        self.synced.clone_from(&self.bytes);
        self.unsynced.clear();
    }

    /// The synced bytes, and a random part of each write since.
    pub(super) fn after_power_cut(&self, losses: &mut Losses) -> Vec<u8> {
        let mut found = self.synced.clone();
        for change in &self.unsynced {
            match change {
                Change::Write { at, bytes } => {
                    let bytes = surviving(bytes, losses.fate());
                    if !bytes.is_empty() {
                        put(&mut found, *at, &bytes);
                    }
                }
                Change::Length(length) if losses.survives() => found.resize(*length, 0),
                Change::Length(_) => {}
            }
        }
        found
    }

    fn change(&mut self, change: Change) {
        match &change {
            Change::Write { at, bytes } => put(&mut self.bytes, *at, bytes),
            Change::Length(length) => self.bytes.resize(*length, 0),
        }
        self.unsynced.push(change);
    }
}

/// Overwrites `into` from `at` on. A gap before `at` is filled with zeros.
fn put(into: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    into.resize(into.len().max(end), 0);
    into[at..end].copy_from_slice(bytes);
}

fn surviving(bytes: &[u8], fate: Fate) -> Vec<u8> {
    let cut = |share: usize| bytes[..bytes.len() * share / 255].to_vec();
    match fate {
        Fate::Lost => Vec::new(),
        Fate::Kept => bytes.to_vec(),
        Fate::Cut(share, Rest::Lost) => cut(share),
        Fate::Cut(share, Rest::Filled(byte)) => {
            let mut left = cut(share);
            left.resize(bytes.len(), byte);
            left
        }
    }
}
