//! Records that wait for the last one of their pull.

use std::{
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, Kind, Open, remove_if_there},
    sink::{Mark, Receipt, SinkError, Variables},
};

use super::{Compression, Ending, Place, RecordFile, Target, compression::Format, failed, open::position};

/// The records of one pull, one a line, in `<path>.spool` beside the file that they will become.
///
/// What was not committed is taken back when this is dropped.
#[derive(Debug)]
pub(crate) struct Spool(RecordFile);

impl Spool {
    /// The spool of a pull that begins. One that an earlier pull left behind is dropped.
    pub(crate) fn begin(target: &Target, variables: &Variables) -> Result<Self, SinkError> {
        let place = spool(&target.place(variables)?);
        RecordFile::begin_new(Arc::clone(&target.disk), place, Ending::Stay, Compression::None).map(Self)
    }

    /// The spool as it was at the receipt `from`; `None` where there is none but a file that it has become, which
    /// holds `length` bytes.
    pub(crate) fn go_on(
        target: &Target,
        variables: &Variables,
        from: &Receipt,
        length: u64,
    ) -> Result<Option<Self>, SinkError> {
        let (place, disk) = (target.place(variables)?, Arc::clone(&target.disk));
        let spool = spool(&place);
        let unread = |error| failed("read", &place, error);
        let is_gone = disk.kind(&spool.path).map_err(|error| failed("read", &spool, error))?.is_none();
        if is_gone && holds(&*disk, &place, target.compression, length).map_err(unread)? {
            return Ok(None);
        }
        let from = position(from, &spool)?;
        let spool = RecordFile::go_on(disk, spool, from, Ending::Stay, Compression::None)?;
        Ok(Some(Self(spool)))
    }

    /// Puts whole lines at the end.
    pub(crate) fn write(&mut self, lines: &[u8]) -> Result<(), SinkError> {
        self.0.write(lines)
    }

    /// Makes what was written survive a crash.
    pub(crate) fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.0.commit(mark)
    }

    /// Calls `each` with every line, without its end.
    pub(crate) fn lines(
        &mut self,
        mut each: impl FnMut(&str) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let RecordFile { file, place, length, .. } = &mut self.0;
        let unread = |error: io::Error| failed("read", place, error);
        file.rewind().map_err(unread)?;
        let mut lines = BufReader::with_capacity(1 << 16, (&mut *file).take(*length));
        let mut line = String::new();
        while lines.read_line(&mut line).map_err(unread)? > 0 {
            each(line.trim_end_matches('\n'))?;
            line.clear();
        }
        file.seek(SeekFrom::Start(*length)).map_err(unread)?;
        Ok(())
    }

    /// Takes the spool away, which has become what it is to be.
    pub(crate) fn remove(self) -> Result<(), SinkError> {
        let RecordFile { disk, place, .. } = &self.0;
        remove_if_there(&**disk, &place.path).map_err(|error| failed("remove", place, error))?;
        disk.sync_folder(place.folder()).map_err(|error| failed("flush the folder of", place, error))
    }
}

fn spool(place: &Place) -> Place {
    place.beside(".spool")
}

/// Whether the file is there and holds `length` bytes.
fn holds(disk: &dyn Disk, place: &Place, compression: Compression, length: u64) -> io::Result<bool> {
    let Some(Kind::File(found)) = disk.kind(&place.path)? else { return Ok(false) };
    if compression == Compression::None {
        return Ok(found == length);
    }
    let mut file = disk.open(&place.path, Open::Existing)?;
    if Format::read(&mut *file)? != compression.format() {
        return Ok(false);
    }
    file.rewind()?;
    Ok(io::copy(&mut compression.decoded(file)?, &mut io::sink())? == length)
}
