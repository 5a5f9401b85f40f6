//! Sinks that write whole files, such as Parquet, whose files become objects.

use std::{io::Read, path::PathBuf, sync::Arc};

use longhaul_core::{
    disk::{Change, Disk, Open, remove_if_there},
    sink::{
        Batch, Destination, Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkErrorKind,
        Variables,
    },
};

use super::{
    error::{of_disk, rejected},
    object_file::ObjectFile,
    open::new_tag,
    place::{Object, Objects, Place},
};
use crate::file::Compression;

/// How much of a file is read at once.
const CHUNK: usize = 1 << 20;

/// A sink whose file is uploaded once it is complete, and then removed.
///
/// The file is written beside the local parts of objects. If a run is killed, the next one goes on with the file. If it is
/// killed while the file is being uploaded, the next one uploads it again.
#[derive(Debug)]
pub struct UploadedFile {
    place: Place,
    file: Box<dyn OpenSink>,
}

impl UploadedFile {
    /// Configures a sink whose option `path` leads to an object. `configure` gets the options with the path of a local file
    /// instead. `None`: the path is that of a file already.
    pub fn configure(
        options: &Options,
        objects: &Objects,
        configure: impl Fn(&Options) -> Result<Box<dyn OpenSink>, SinkError>,
    ) -> Result<Option<Self>, SinkError> {
        let Some(path) = options.get("path").and_then(|path| path.as_str()) else { return Ok(None) };
        let Some(place) = Place::of(path, Some(objects))? else { return Ok(None) };
        if options.get("mode").is_some_and(|mode| mode == "append") {
            let message =
                "`mode = \"append\"` needs a file: an object in a store can only be replaced as a whole";
            return Err(SinkError::config("mode", message));
        }
        let mut options = options.clone();
        options.insert("path".to_owned(), place.local_template().into());
        Ok(Some(Self { place, file: configure(&options)? }))
    }

    fn path(&self, variables: &Variables) -> Result<PathBuf, SinkError> {
        match self.file.destination(variables)? {
            Destination::File(path) => Ok(path),
            _ => Err(SinkError::config("path", "this sink does not write a file")),
        }
    }
}

impl OpenSink for UploadedFile {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        Ok(Destination::Object(self.place.object(variables)?.shown))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let (object, path) = (self.place.object(variables)?, self.path(variables)?);
        let (of_file, tag) = match from {
            None => (None, new_tag()),
            Some((Receipt(text), mark)) => {
                let (tag, of_file) = text.split_once(' ').ok_or_else(|| {
                    let message = format!("the receipt `{text}` was not issued by this sink");
                    SinkError::new(SinkErrorKind::Broken, message)
                })?;
                (Some((Receipt(of_file.to_owned()), mark)), tag.to_owned())
            }
        };
        let mut upload = Upload { place: self.place.clone(), object, path, tag, mark: Mark::START };
        let published = match from {
            Some((receipt, mark))
                if mark > Mark::START && upload.object.is_published(&upload.tag, None)? =>
            {
                Some((receipt, mark))
            }
            _ => None,
        };
        if from.is_some() {
            self.place.objects.abort_foreign(&upload.object)?;
        }
        // It says what is wrong with the bucket before anything is pulled, and removes what a run that was killed has left of
        // its upload.
        drop(upload.begin()?);
        if let Some((receipt, mark)) = published {
            upload.remove_file()?;
            let sink = Box::new(Published { receipt: receipt.clone(), shown: upload.object.shown });
            return Ok(Opened { sink, at: mark });
        }
        let opened = self.file.open(variables, of_file.as_ref().map(|(receipt, mark)| (receipt, *mark)))?;
        upload.mark = opened.at;
        Ok(Opened { sink: Box::new(Writing { file: opened.sink, upload }), at: opened.at })
    }
}

/// The file, and the object that it becomes.
#[derive(Debug)]
struct Upload {
    place: Place,
    object: Object,
    path: PathBuf,
    tag: String,
    /// The mark of the last commit.
    mark: Mark,
}

impl Upload {
    fn begin(&self) -> Result<ObjectFile, SinkError> {
        ObjectFile::create(&self.place, self.object.clone(), Compression::None, self.tag.clone())
    }

    /// Uploads the file.
    fn send(&self) -> Result<(), SinkError> {
        let unreadable = |error| of_disk("read", &self.object.shown, error);
        let mut object = self.begin()?;
        let mut file = self.disk().open(&self.path, Open::Existing).map_err(unreadable)?;
        let own = file.identity().map_err(unreadable)?;
        let (mut chunk, mut length) = (vec![0; CHUNK], 0);
        loop {
            match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    object.write(&chunk[..count])?;
                    length += count as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        let change = Change::of(&**self.disk(), &self.path, &*file, own.length).map_err(unreadable)?;
        if let Some(change) = change.or(Change::of_length(own.length, length)) {
            return Err(rejected(change.message(self.path.display())));
        }
        object.commit(self.mark.max(Mark(1)))?;
        object.finish()
    }

    fn remove_file(&self) -> Result<(), SinkError> {
        let removed = remove_if_there(&**self.disk(), &self.path);
        removed.map_err(|error| of_disk("remove", &self.object.shown, error))
    }

    fn disk(&self) -> &Arc<dyn Disk> {
        &self.object.disk
    }
}

/// The file is being written.
#[derive(Debug)]
struct Writing {
    file: Box<dyn Sink>,
    upload: Upload,
}

impl Sink for Writing {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.file.write(batch)
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let Receipt(of_file) = self.file.commit(mark)?;
        self.upload.mark = mark;
        Ok(Receipt(format!("{} {of_file}", self.upload.tag)))
    }

    /// The file is removed last, so that a run that is killed before uploads it again.
    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        let Self { file, upload } = *self;
        file.finish()?;
        upload.send()?;
        upload.remove_file()
    }
}

/// An earlier run has published the object.
#[derive(Debug)]
struct Published {
    receipt: Receipt,
    shown: String,
}

impl Sink for Published {
    fn write(&mut self, _: &Batch<'_>) -> Result<(), SinkError> {
        let message = format!("cannot write to `{}`: it is already complete", self.shown);
        Err(SinkError::new(SinkErrorKind::Rejected, message))
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        Ok(self.receipt.clone())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}
