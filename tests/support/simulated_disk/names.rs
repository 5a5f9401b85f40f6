//! The names on a disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::losses::Losses;

/// The names on a disk, and those that would survive a power cut.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Names {
    all: BTreeMap<PathBuf, Node>,
    synced: BTreeMap<PathBuf, Node>,
    /// The changes since the last sync of each folder, in order.
    unsynced: Vec<Change>,
}

/// What a name refers to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Node {
    Folder,
    /// The number of the file.
    File(usize),
}

#[derive(Clone, Debug, Hash)]
enum Change {
    Created(PathBuf, Node),
    Removed(PathBuf),
    Renamed { from: PathBuf, to: PathBuf, node: Node },
}

impl Names {
    pub(super) fn get(&self, path: &Path) -> Option<Node> {
        // The root always exists.
        if path.parent().is_none() { Some(Node::Folder) } else { self.all.get(path).copied() }
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        let files = self.all.iter().filter(|(_, node)| **node != Node::Folder);
        files.map(|(path, _)| path.clone()).collect()
    }

    /// The numbers of the files that have a name, or may get one back in a power cut.
    pub(super) fn numbers(&self) -> BTreeSet<usize> {
        let unsynced = self.unsynced.iter().filter_map(Change::node);
        let nodes = self.all.values().chain(self.synced.values()).copied().chain(unsynced);
        let number = |node| if let Node::File(number) = node { Some(number) } else { None };
        nodes.filter_map(number).collect()
    }

    /// Adds a durable name, and the folders above it.
    pub(super) fn put(&mut self, path: &Path, node: Node) {
        let above = path.ancestors().skip(1).filter(|folder| folder.parent().is_some());
        for (path, node) in above.map(|folder| (folder, Node::Folder)).chain([(path, node)]) {
            self.all.insert(path.to_owned(), node);
            self.synced.insert(path.to_owned(), node);
        }
    }

    pub(super) fn create(&mut self, path: &Path, node: Node) -> io::Result<()> {
        self.check_folder_of(path)?;
        if self.get(path).is_some() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.change(Change::Created(path.to_owned(), node));
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.file(path)?;
        self.change(Change::Removed(path.to_owned()));
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.file(from)?;
        self.check_folder_of(to)?;
        if self.get(to) == Some(Node::Folder) {
            return Err(ErrorKind::IsADirectory.into());
        }
        self.change(Change::Renamed { from: from.to_owned(), to: to.to_owned(), node });
        Ok(())
    }

    pub(super) fn sync(&mut self, folder: &Path) -> io::Result<()> {
        if self.get(folder) != Some(Node::Folder) {
            return Err(ErrorKind::NotFound.into());
        }
        let (now, later) = self.unsynced.drain(..).partition(|change| change.folder() == Some(folder));
        self.unsynced = later;
        let now: Vec<Change> = now;
        for change in now {
            change.apply(&mut self.synced);
        }
        Ok(())
    }

    /// The synced names, and some of the other changes. If a folder loses its name, its contents are lost as well.
    pub(super) fn after_power_cut(&self, losses: &mut Losses) -> Self {
        let mut names = self.synced.clone();
        for change in &self.unsynced {
            if losses.survives() {
                change.apply(&mut names);
            }
        }
        let mut found = Self::default();
        for (path, node) in names {
            // In this order, a folder comes before its contents.
            if found.check_folder_of(&path).is_ok() {
                found.put(&path, node);
            }
        }
        found
    }

    fn file(&self, path: &Path) -> io::Result<Node> {
        match self.get(path).ok_or(ErrorKind::NotFound)? {
            Node::Folder => Err(ErrorKind::IsADirectory.into()),
            file @ Node::File(_) => Ok(file),
        }
    }

    fn check_folder_of(&self, path: &Path) -> io::Result<()> {
        match path.parent().and_then(|folder| self.get(folder)) {
            Some(Node::Folder) => Ok(()),
            Some(Node::File(_)) => Err(ErrorKind::NotADirectory.into()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.all);
        self.unsynced.push(change);
    }
}

impl Change {
    /// What gets a name.
    fn node(&self) -> Option<Node> {
        match self {
            Self::Created(_, node) | Self::Renamed { node, .. } => Some(*node),
            Self::Removed(_) => None,
        }
    }

    /// The folder to sync for this change.
    fn folder(&self) -> Option<&Path> {
        let (Self::Created(path, _) | Self::Removed(path) | Self::Renamed { to: path, .. }) = self;
        path.parent()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        match self {
            Self::Created(path, node) => drop(names.insert(path.clone(), *node)),
            Self::Removed(path) => drop(names.remove(path)),
            Self::Renamed { from, to, node } => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
        }
    }
}
