//! Recording a run, and replaying it without network and credentials.

mod broken;
mod faults;
mod kept_apart;
mod secrets;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

/// Commands of the page about recordings.
pub(crate) const RECORDING: [&str; 3] = [
    "longhaul run --record recording",
    "longhaul preview users --replay recording",
    "longhaul run --replay recording",
];

#[test]
fn the_commands_of_the_page_work_one_after_another() {
    let api = api::start(&without_faults(10));
    let configuration = "system = \"genesys\"\nregion = \"us-west-2\"\n[streams.users]\nsinks = [\"csv\"]\n[sinks.csv]\npath = \"users.csv\"\n";
    let folder = Folder::configured(configuration);
    let [record, preview, replay] =
        RECORDING.map(|command| folder.longhaul(command.strip_prefix("longhaul ").unwrap()));
    reach(&api, record).run().assert_complete();
    drop(api);
    assert!(preview.run().assert_complete().stdout.contains("name"));
    let first = folder.read("users.csv");
    fs::remove_file(folder.path("users.csv")).unwrap();
    replay.run().assert_complete();
    assert!(folder.read("users.csv") == first && first.lines().count() == 121);
}

/// All files in a folder and those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// The content of a file, decompressed.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_none_or(|ending| ending != "gz") {
        return bytes;
    }
    let mut content = Vec::new();
    GzDecoder::new(&*bytes).read_to_end(&mut content).unwrap();
    content
}
