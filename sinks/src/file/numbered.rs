//! The files of a table that is divided into several.

use std::sync::Arc;

use longhaul_core::{
    disk::{Kind, Open, remove_if_there},
    sink::{Receipt, SinkError, Variables},
};

use super::{
    appending::Appending,
    error::{failed, rejected},
    position::{Position, position},
    record_file::{Publish, RecordFile},
    target::{Mode, Target},
};

impl Target {
    /// The target of the file with this number. The first one has the path as it is.
    pub(crate) fn numbered(&self, number: u64) -> Self {
        if number == 1 {
            return self.clone();
        }
        let (stem, ending) = split_at_ending(&self.template);
        Self { template: format!("{stem}.{number}{ending}"), ..self.clone() }
    }

    /// Whether the file exists.
    pub(crate) fn exists(&self, variables: &Variables) -> Result<bool, SinkError> {
        let file = self.file(variables)?;
        let kind = self.disk.kind(&file.absolute).map_err(|error| failed("read", &file, error))?;
        Ok(kind.is_some())
    }

    /// Whether the file exists and has content.
    pub(crate) fn has_content(&self, variables: &Variables) -> Result<bool, SinkError> {
        let file = self.file(variables)?;
        let kind = self.disk.kind(&file.absolute).map_err(|error| failed("read", &file, error))?;
        Ok(kind.is_some_and(|kind| kind != Kind::File(0)))
    }

    /// Whether the file exists that a pull has not published yet.
    pub(crate) fn has_part(&self, variables: &Variables) -> Result<bool, SinkError> {
        let part = self.file(variables)?.part();
        let kind = self.disk.kind(&part.absolute).map_err(|error| failed("read", &part, error))?;
        Ok(kind.is_some())
    }

    /// Removes the file durably.
    pub(crate) fn remove(&self, variables: &Variables) -> Result<(), SinkError> {
        let file = self.file(variables)?;
        remove_if_there(&*self.disk, &file.absolute)
            .and_then(|()| self.disk.sync_folder(file.folder()))
            .map_err(|error| failed("remove", &file, error))
    }

    /// Removes what a pull has not published.
    pub(crate) fn remove_part(&self, variables: &Variables) -> Result<(), SinkError> {
        let part = self.file(variables)?.part();
        remove_if_there(&*self.disk, &part.absolute).map_err(|error| failed("remove", &part, error))
    }

    /// Publishes a complete file, unless that was done before.
    pub(crate) fn publish(&self, variables: &Variables) -> Result<(), SinkError> {
        let (file, is_due) = (self.file(variables)?, self.has_part(variables)?);
        if is_due {
            RecordFile::rename(&*self.disk, &file.part(), &file)?;
        }
        let synced = self.disk.sync_folder(file.folder());
        synced.map_err(|error| failed("flush the folder of", &file, error))
    }

    /// The position of the end of a file of an unfinished pull; `None` if there is no file.
    pub(crate) fn end(&self, variables: &Variables) -> Result<Option<Position>, SinkError> {
        let mut file = self.file(variables)?;
        if self.mode == Mode::Replace && self.has_part(variables)? {
            file = file.part();
        } else if !self.exists(variables)? {
            return Ok(None);
        }
        let end = self.disk.open(&file.absolute, Open::Existing).and_then(|mut open| {
            let length = open.identity()?.length;
            Position::read(&mut *open, length)
        });
        end.map(Some).map_err(|error| failed("read", &file, error))
    }

    /// Whether the pull that issued `receipt` is noted as the one that appends to the file.
    pub(crate) fn is_noted(&self, variables: &Variables, receipt: &Receipt) -> Result<bool, SinkError> {
        let file = self.file(variables)?;
        let (_, pull) = position(receipt, &file)?;
        Ok(Appending::read(&*self.disk, &file)?.is_some_and(|noted| Some(noted.pull) == pull))
    }

    /// Returns an error if an unfinished pull appends to the file. It may have written only to later ones.
    pub(crate) fn check_finished(&self, variables: &Variables) -> Result<(), SinkError> {
        Appending::check(&*self.disk, &self.file(variables)?, u64::MAX)
    }
}

impl RecordFile {
    /// Opens a file that follows the first one of a pull: a new one, or rolled back to the receipt `from`. In append mode
    /// the note beside the first file is for all of them.
    pub(crate) fn open_following(
        target: &Target,
        variables: &Variables,
        from: Option<&Receipt>,
    ) -> Result<Self, SinkError> {
        let path = target.file(variables)?;
        let (disk, compression) = (Arc::clone(&target.disk), target.compression);
        let from = from.map(|receipt| position(receipt, &path)).transpose()?.map(|(from, _)| from);
        match (target.mode, from) {
            (Mode::Replace, None) => Self::create(disk, path.part(), Publish::Rename(path), compression),
            (Mode::Replace, Some(from)) => Self::resume_part(disk, path, from, compression),
            (Mode::Append, None) if target.exists(variables)? => {
                Err(rejected(format!("another program has created `{}` during the run", path.shown)))
            }
            (Mode::Append, None) => Self::create(disk, path, Publish::InPlace, compression),
            (Mode::Append, Some(from)) => Self::resume(disk, path, from, Publish::InPlace, compression),
        }
    }
}

/// The path of a table before and after the place where further files have a number: before the ending of the name, such
/// as `.csv` or `.csv.gz`. A dot in a placeholder begins none.
#[must_use]
pub fn split_at_ending(path: &str) -> (&str, &str) {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    let plain = [".gz", ".zst"].iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    let mut depth = 0;
    let dot = plain[name..].bytes().rposition(|byte| {
        depth += i32::from(byte == b'}') - i32::from(byte == b'{');
        byte == b'.' && depth == 0
    });
    path.split_at(dot.filter(|dot| *dot > 0).map_or(plain.len(), |dot| name + dot))
}

#[cfg(test)]
mod tests {
    use super::split_at_ending;

    #[test]
    fn a_number_goes_before_the_ending() {
        for (path, stem) in [
            ("out/calls.csv", "out/calls"),
            ("a.b/{stream}-{window.start}.csv.gz", "a.b/{stream}-{window.start}"),
            ("a.b/{window.start}", "a.b/{window.start}"),
            ("calls.zst", "calls"),
            (".calls", ".calls"),
        ] {
            assert_eq!(split_at_ending(path).0, stem);
        }
    }
}
