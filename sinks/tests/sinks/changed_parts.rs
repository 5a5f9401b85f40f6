//! Local files of objects that another program changes while a pull writes to them, or while they are sent.

use std::{
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use longhaul_core::{
    disk::{Disk, DiskFile, Identity, Kind, Open},
    sink::{Mark, Opened, Variables},
};
use longhaul_tests::{Bucket, MemoryStore, SimulatedDisk, chain, write_page};
use serde_json::json;

use super::support::{configured_in, object_path, uploaded_to};

const KEY: &str = "out/users.x";

/// What another program does to a file.
type Change = fn(&SimulatedDisk, &Path);

const CHANGES: [(Change, &str); 4] = [
    (|disk, path| disk.remove(path).unwrap(), "removed"),
    (|disk, path| disk.put(path, disk.contents(path).unwrap()), "replaced"),
    (|disk, path| disk.open(path, Open::Existing).unwrap().set_length(1).unwrap(), "truncated"),
    (
        |disk, path| {
            let mut file = disk.open(path, Open::Existing).unwrap();
            file.seek(SeekFrom::End(0)).unwrap();
            file.write_all(b"mine").unwrap();
        },
        "written to",
    ),
];

/// A disk where another program changes a file when the first part is opened.
#[derive(Debug)]
struct SharedDisk {
    disk: SimulatedDisk,
    /// How the part is opened.
    opened: Open,
    change: Change,
    /// The end of the path of the file that is changed.
    file: &'static str,
    is_changed: AtomicBool,
}

impl Disk for SharedDisk {
    fn open(&self, path: &Path, open: Open) -> io::Result<Box<dyn DiskFile>> {
        let is_it = open == self.opened && path.to_string_lossy().ends_with(".1");
        if is_it && !self.is_changed.swap(true, Ordering::SeqCst) {
            (self.change)(&self.disk, &file(&self.disk, self.file));
        }
        self.disk.open(path, open)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.disk.make_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_folder(path)
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        self.disk.kind(path)
    }

    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        self.disk.identity(path)
    }
}

/// The file whose path ends like this.
fn file(disk: &SimulatedDisk, end: &str) -> PathBuf {
    disk.files().into_iter().find(|path| path.to_string_lossy().ends_with(end)).unwrap()
}

fn said(what: &str, path: &Path) -> String {
    format!("another program has {what} `{}` during the run", path.display())
}

#[test]
fn a_part_that_another_program_changes_is_not_sent_and_left_alone() {
    for (change, what) in CHANGES {
        let (bucket, disk) = (Bucket::new(40), SimulatedDisk::new());
        let store = Arc::new(MemoryStore::new(bucket.clone(), 40));
        let options = json!({"path": "s3://bucket/out/{stream}.x"});
        let sink = configured_in(store, disk.handle(), "ndjson", options).unwrap();
        let Opened { mut sink, .. } = sink.open(&Variables::new("users", "/simulated"), None).unwrap();
        write_page(&mut sink, &["{}"]).unwrap();
        sink.commit(Mark(1)).unwrap();
        let part = file(&disk, ".1");
        change(&disk, &part);
        let changed = disk.contents(&part);
        let written = write_page(&mut sink, &["{}"]).and_then(|()| sink.commit(Mark(2)).map(drop));
        let doing = if ["removed", "replaced"].contains(&what) { "flush" } else { "write to" };
        let message =
            |doing| format!("cannot {doing} the local parts of `s3://bucket/{KEY}`\n{}", said(what, &part));
        assert_eq!(chain(&written.unwrap_err()), message(doing));
        assert_eq!(chain(&sink.finish().unwrap_err()), message("read"));
        assert_eq!(disk.contents(&part), changed, "{what}");
        assert_eq!(bucket.object(KEY), None, "{what}");
    }
}

#[test]
fn a_part_that_another_program_changes_before_it_is_sent_is_not_published() {
    for (change, what) in CHANGES {
        let (bucket, disk) = (Bucket::new(40), SimulatedDisk::new());
        let shared = SharedDisk {
            disk: disk.clone(),
            opened: Open::Existing,
            change,
            file: ".1",
            is_changed: false.into(),
        };
        let store = Arc::new(MemoryStore::new(bucket.clone(), 40));
        let options = json!({"path": "s3://bucket/out/{stream}.x"});
        let sink = configured_in(store, Arc::new(shared), "ndjson", options).unwrap();
        let Opened { mut sink, .. } = sink.open(&Variables::new("users", "/simulated"), None).unwrap();
        let record = json!({"text": "x".repeat(60)}).to_string();
        let written = write_page(&mut sink, &[&record]).and_then(|()| sink.commit(Mark(1)));
        let error = written.and_then(|_| sink.finish()).unwrap_err();
        let text = chain(&error);
        let found = text.strip_prefix(&format!(
            "cannot upload `s3://bucket/{KEY}`\nthe content cannot be read\nanother program has {what} `"
        ));
        assert!(found.is_some_and(|rest| rest.ends_with(".1` during the run")), "{text}");
        assert_eq!(bucket.object(KEY), None, "{what}");
    }
}

/// More than is read at once.
#[test]
fn a_file_that_another_program_changes_while_it_is_sent_is_not_published() {
    for (change, what) in CHANGES {
        let (bucket, disk) = (Bucket::new(1 << 20), SimulatedDisk::new());
        let opened = Open::NewPrivate;
        let shared = SharedDisk { disk: disk.clone(), opened, change, file: KEY, is_changed: false.into() };
        let store = Arc::new(MemoryStore::new(bucket.clone(), 1 << 20));
        let sink =
            uploaded_to(store, Arc::new(shared), json!({"path": "s3://bucket/out/{stream}.x"})).unwrap();
        let Opened { mut sink, .. } = sink.open(&Variables::new("users", "/simulated"), None).unwrap();
        let record = json!({"text": "x".repeat(3 << 20)}).to_string();
        write_page(&mut sink, &[&record]).unwrap();
        sink.commit(Mark(1)).unwrap();
        let path = PathBuf::from(format!("/state/uploads/files/bucket/{KEY}"));
        assert_eq!(chain(&sink.finish().unwrap_err()), said(what, &path));
        assert_eq!(bucket.object(KEY), None, "{what}");
    }
}

#[test]
fn a_file_that_has_another_length_than_was_written_is_not_uploaded() {
    for (length, what) in [(129, "written to"), (131, "truncated")] {
        let (bucket, disk) = (Bucket::new(40), SimulatedDisk::new());
        disk.put("/files/users", b"0123456789".repeat(13));
        let store = Arc::new(MemoryStore::new(bucket.clone(), 40));
        let path = object_path("s3://bucket/out/{stream}.x", store, disk.handle());
        let object = path.object(&Variables::new("users", "/")).unwrap();
        let error = object.upload(Path::new("/files/users"), length, "mine").unwrap_err();
        let cause = said(what, Path::new("/files/users"));
        let text = format!("cannot upload `s3://bucket/{KEY}`\ncannot read what is to be sent\n{cause}");
        assert_eq!(chain(&error), text);
        assert_eq!(bucket.uploads(), [], "{what}");
    }
}
