//! A sink: what it leaves at one place, and how it is opened again.

use super::{
    disk::File,
    shape::{Content, Kind},
};

/// The file or table of a sink.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Sink {
    kind: Kind,
    /// The file of an unfinished pull, `<path>.part`, in replace mode.
    part: Option<File>,
    /// What everybody sees.
    published: Option<File>,
    /// A rename to `published` that is not synced yet.
    renamed: Option<Renamed>,
    /// The mark that a database has committed.
    mark: u8,
}

/// A rename.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Renamed {
    /// What had the name before.
    over: Option<File>,
}

/// A sink that a run has opened. A crash forgets this.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Opened {
    /// How many pages it had when it was opened. It does not receive those again.
    pub(super) has: u8,
    /// What is left if it is dropped: nothing, if the pull has created the file and no page was committed.
    left: Option<Content>,
    /// What was committed last.
    pub(super) committed: Option<Content>,
}

/// Why a sink cannot be opened again.
pub(super) type Refusal = &'static str;

impl Sink {
    pub(super) fn new(kind: Kind, before: Option<Content>) -> Self {
        Self { kind, part: None, published: before.map(File::durable), renamed: None, mark: 0 }
    }

    /// Opens it for a new pull.
    pub(super) fn open_new(&mut self) -> Opened {
        if self.kind == Kind::Replace {
            self.part = Some(File::default());
            return Opened { has: 0, left: None, committed: None };
        }
        let left = self.published.as_ref().map(|file| file.now.clone());
        self.published.get_or_insert_default();
        let has = if self.kind == Kind::Database { self.mark } else { 0 };
        Opened { has, left, committed: None }
    }

    /// Opens it where a commit at `mark` returned `receipt`. Everything after that is gone, except from a database.
    pub(super) fn reopen(&mut self, receipt: &Content, mark: u8) -> Result<Opened, Refusal> {
        if self.kind == Kind::Database {
            let has_all = self.published.as_ref().is_some_and(|table| table.now.starts_with(receipt));
            return if has_all && self.mark >= mark {
                Ok(Opened { has: self.mark, left: None, committed: None })
            } else if mark == 0 {
                Ok(self.open_new())
            } else {
                Err("the table does not have what was committed")
            };
        }
        let was_created = self.kind == Kind::Replace || receipt.is_empty();
        if mark == 0 && was_created && self.open_file().is_none() {
            // It was dropped before the first page.
            return Ok(self.open_new());
        }
        let is_renamed =
            self.part.is_none() && self.published.as_ref().is_some_and(|file| file.now == *receipt);
        if self.kind == Kind::Replace && is_renamed {
            return Ok(Opened { has: mark, left: Some(receipt.clone()), committed: Some(receipt.clone()) });
        }
        let file = self.open_file().ok_or("the file is gone")?;
        if !file.now.starts_with(receipt) {
            return Err("the file does not have what was committed");
        }
        file.cut(receipt);
        let left = (mark > 0 || !was_created).then(|| receipt.clone());
        Ok(Opened { has: mark, left, committed: Some(receipt.clone()) })
    }

    /// The file that is written to.
    fn open_file(&mut self) -> Option<&mut File> {
        match self.kind {
            Kind::Replace => self.part.as_mut(),
            Kind::Append | Kind::Database => self.published.as_mut(),
        }
    }

    /// What a commit would make durable.
    pub(super) fn content(&self) -> Content {
        let file = if self.kind == Kind::Replace { self.part.as_ref() } else { None };
        file.or(self.published.as_ref()).map(|file| file.now.clone()).unwrap_or_default()
    }

    pub(super) fn write(&mut self, record: u8) {
        if let Some(file) = self.open_file() {
            file.now.push(record);
        }
    }

    /// Makes everything durable, and the name as well.
    pub(super) fn commit(&mut self, opened: &mut Opened, mark: u8) {
        let content = self.content();
        if let Some(file) = self.open_file() {
            file.sync();
        }
        self.mark = self.mark.max(mark);
        opened.committed = Some(content.clone());
        if mark > 0 {
            opened.left = Some(content);
        }
    }

    /// Renames the file, in replace mode. Returns whether it did.
    pub(super) fn publish(&mut self) -> bool {
        let Some(file) = self.part.take() else { return false };
        let before = self.published.replace(file);
        self.renamed = Some(Renamed { over: before });
        true
    }

    /// Makes the new name durable.
    pub(super) fn sync_name(&mut self) {
        self.renamed = None;
    }

    /// Drops what was not committed.
    pub(super) fn drop_uncommitted(&mut self, opened: &Opened) {
        match (&opened.left, self.kind) {
            (_, Kind::Database) => *self = self.after_kill(),
            (Some(left), _) => {
                let left = left.clone();
                if let Some(file) = self.open_file() {
                    file.cut(&left);
                }
            }
            (None, Kind::Replace) => self.part = None,
            (None, Kind::Append) => self.published = None,
        }
    }

    /// What everybody sees.
    pub(super) fn published(&self) -> Option<&Content> {
        self.published.as_ref().map(|file| &file.now)
    }

    /// What everybody sees in place of an earlier file.
    pub(super) fn replaced_by(&self) -> Option<&Content> {
        self.published().filter(|_| self.kind == Kind::Replace)
    }

    /// What a kill leaves. A database forgets what was not committed.
    pub(super) fn after_kill(&self) -> Self {
        let mut left = self.clone();
        if let (Kind::Database, Some(table)) = (self.kind, &mut left.published) {
            table.now.clone_from(&table.synced);
        }
        left
    }

    /// What a power cut may leave.
    pub(super) fn after_power_cut(&self) -> Vec<Self> {
        let killed = self.after_kill();
        let mut names = vec![Self { renamed: None, ..killed.clone() }];
        if let Some(Renamed { over }) = &killed.renamed {
            let (part, published) = (killed.published.clone(), over.clone());
            names.push(Self { part, published, renamed: None, ..killed.clone() });
        }
        let variants = |file: &Option<File>| file.as_ref().map_or(vec![None], File::after_power_cut);
        let mut left = Vec::new();
        for named in names {
            for part in variants(&named.part) {
                for published in variants(&named.published) {
                    left.push(Self { part: part.clone(), published, ..named.clone() });
                }
            }
        }
        left
    }
}
