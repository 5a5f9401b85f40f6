use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

use longhaul_core::disk::{Disk, DiskFile, Kind, Open};

use super::{Done, Fault, SimulatedDisk};

fn created(disk: &SimulatedDisk, path: &str, text: &str) -> Box<dyn DiskFile> {
    let mut file = disk.open(Path::new(path), Open::New).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn text(disk: &SimulatedDisk, path: &str) -> Option<String> {
    disk.contents(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// All results of a power cut, over many seeds.
fn outcomes<T: Ord>(disk: &SimulatedDisk, look: impl Fn(&SimulatedDisk) -> T) -> BTreeSet<T> {
    (0..200).map(|seed| look(&disk.after_power_cut(seed))).collect()
}

#[test]
fn files_are_read_and_written() {
    let disk = SimulatedDisk::new();
    disk.make_folder(Path::new("/a")).unwrap();
    let mut file = created(&disk, "/a/x", "one\ntwo\n");
    assert_eq!(file.seek(SeekFrom::Current(-4)).unwrap(), 4);
    file.write_all(b"2").unwrap();
    let mut rest = String::new();
    file.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "wo\n");
    file.set_length(6).unwrap();
    assert_eq!(text(&disk, "/a/x").unwrap(), "one\n2w");
    assert_eq!(disk.kind(Path::new("/a/x")).unwrap(), Some(Kind::File(6)));
    assert_eq!(disk.kind(Path::new("/a")).unwrap(), Some(Kind::Folder));
    assert_eq!(disk.kind(Path::new("/b")).unwrap(), None);
    disk.rename(Path::new("/a/x"), Path::new("/a/y")).unwrap();
    assert_eq!(disk.files(), [Path::new("/a/y")]);
    disk.remove(Path::new("/a/y")).unwrap();
    assert!(disk.files().is_empty());
    assert_eq!(disk.operations(), 7);
}

#[test]
fn impossible_operations_fail() {
    let disk = SimulatedDisk::new();
    disk.put("/a/x", "");
    let refusal = |path: &str, open| disk.open(Path::new(path), open).unwrap_err().kind();
    assert_eq!(refusal("/a/x", Open::New), ErrorKind::AlreadyExists);
    assert_eq!(refusal("/a/x/y", Open::New), ErrorKind::NotADirectory);
    assert_eq!(refusal("/b/x", Open::ExistingOrNew), ErrorKind::NotFound);
    assert_eq!(refusal("/b", Open::Existing), ErrorKind::NotFound);
    assert_eq!(refusal("/a", Open::Existing), ErrorKind::IsADirectory);
    assert_eq!(disk.sync_folder(Path::new("/b")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(disk.remove(Path::new("/a")).unwrap_err().kind(), ErrorKind::IsADirectory);
}

#[test]
fn a_power_cut_leaves_what_was_synced_and_any_part_of_the_rest() {
    let disk = SimulatedDisk::new();
    disk.put_folder("/a");
    let mut file = created(&disk, "/a/x", "one,");
    file.sync().unwrap();
    disk.sync_folder(Path::new("/a")).unwrap();
    file.write_all(b"two,").unwrap();
    file.write_all(b"three").unwrap();
    let found = outcomes(&disk, |disk| text(disk, "/a/x").unwrap());
    assert!(found.iter().all(|text| text.starts_with("one,")), "{found:?}");
    for some in ["one,", "one,two,three", "one,tw", "one,two,\0\0\0\0\0", "one,\0\0\0\0three"] {
        assert!(found.contains(some), "{some:?} is not among {found:?}");
    }
    assert_eq!(text(&disk.after_power_cut(0), "/a/x").unwrap(), "one,");
    assert_eq!(text(&disk.after_power_cut(1), "/a/x").unwrap(), "one,two,three");
    assert_eq!(text(&disk.after_kill(), "/a/x").unwrap(), "one,two,three");
    assert_eq!(text(&disk.after_kill().after_power_cut(0), "/a/x").unwrap(), "one,");

    file.set_length(2).unwrap();
    assert_eq!(text(&disk.after_power_cut(0), "/a/x").unwrap(), "one,");
    file.sync().unwrap();
    assert_eq!(outcomes(&disk, |disk| text(disk, "/a/x").unwrap()), ["on".to_owned()].into());
}

#[test]
fn a_name_survives_if_all_folders_above_are_synced() {
    let disk = SimulatedDisk::new();
    disk.make_folder(Path::new("/a")).unwrap();
    created(&disk, "/a/x", "1").sync().unwrap();
    let found = |disk: &SimulatedDisk| text(disk, "/a/x");
    assert_eq!(outcomes(&disk, found), [None, Some("1".to_owned())].into());
    disk.sync_folder(Path::new("/a")).unwrap();
    assert_eq!(outcomes(&disk, found), [None, Some("1".to_owned())].into());
    disk.sync_folder(Path::new("/")).unwrap();
    assert_eq!(outcomes(&disk, found), [Some("1".to_owned())].into());
}

#[test]
fn an_unsynced_rename_may_or_may_not_have_happened() {
    let disk = SimulatedDisk::new();
    disk.put("/x", "old");
    disk.put("/x.part", "new");
    disk.rename(Path::new("/x.part"), Path::new("/x")).unwrap();
    let found = |disk: &SimulatedDisk| (text(disk, "/x").unwrap(), text(disk, "/x.part"));
    let before = ("old".to_owned(), Some("new".to_owned()));
    let after = ("new".to_owned(), None);
    assert_eq!(outcomes(&disk, found), [before, after.clone()].into());
    disk.sync_folder(Path::new("/")).unwrap();
    assert_eq!(outcomes(&disk, found), [after].into());
}

#[test]
fn an_operation_fails_on_request() {
    let cases = [
        (Fault::Once(Done::Nothing), ""),
        (Fault::Once(Done::Half), "12"),
        (Fault::Once(Done::All), "1234"),
        (Fault::Full, "12"),
        (Fault::Stop(Done::Nothing), ""),
        (Fault::Stop(Done::Half), "12"),
        (Fault::Stop(Done::All), "1234"),
    ];
    for (fault, written) in cases {
        let disk = SimulatedDisk::new();
        let mut file = created(&disk, "/x", "");
        disk.fail_at(1, fault);
        assert!(file.write(b"1234").is_err());
        assert_eq!(text(&disk, "/x").unwrap(), written, "{fault:?}");
        assert_eq!(file.write(b"5").is_ok(), matches!(fault, Fault::Once(_)), "{fault:?}");
        assert_eq!(file.set_length(1).is_ok(), !matches!(fault, Fault::Stop(_)), "{fault:?}");
        assert_eq!(file.rewind().is_ok(), !matches!(fault, Fault::Stop(_)), "{fault:?}");
        assert_eq!(disk.operations(), 4);
    }
}

#[test]
fn a_failed_rename_may_have_happened() {
    for (done, found) in [(Done::Nothing, "/x"), (Done::Half, "/x"), (Done::All, "/y")] {
        let disk = SimulatedDisk::new();
        disk.put("/x", "");
        disk.fail_at(0, Fault::Once(done));
        assert!(disk.rename(Path::new("/x"), Path::new("/y")).is_err());
        assert_eq!(disk.files(), [Path::new(found)]);
    }
}
