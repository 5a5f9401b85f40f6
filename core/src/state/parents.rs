//! The parents of a stream's partitions, in a file next to its state.

use std::{
    collections::{BTreeMap, HashSet},
    hash::Hasher,
    io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::value::RawValue;
use siphasher::sip128::{Hasher128, SipHasher13};

use super::{StateError, checkpoint::Extent, error::Damage};
use crate::{
    disk::{Disk, DiskFile, Open},
    fingerprint::fingerprint,
};

/// The position of every 64th parent is kept in memory.
const INDEXED: u64 = 64;

/// The parents of a stream's partitions: one line for each, in a file. Only an index of it is in memory.
///
/// A line is a JSON array of two objects: the values of the placeholders, and the fields to add to each child record.
#[derive(Debug)]
pub struct Parents {
    file: Mutex<Box<dyn DiskFile>>,
    path: PathBuf,
    /// Where every 64th line starts.
    index: Vec<u64>,
    extent: Extent,
    /// The fields to add that at least one parent has.
    added: Vec<String>,
    /// How many parents have the values of an earlier one.
    repeated: u64,
    /// The parents that are new, a bit for each.
    new: Vec<u64>,
}

/// One parent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Parent {
    /// The values of its placeholders, as JSON.
    pub values: BTreeMap<String, String>,
    /// Its fields to add to each child record, as a JSON object.
    pub fields: String,
}

/// How many parents a word of [`Parents::new`] is for.
const BITS: u64 = u64::BITS as u64;

impl Parent {
    /// Tells it from parents with other values, and so with other children.
    fn fingerprint(&self) -> u128 {
        let values: Vec<_> = self.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        fingerprint(values.join("\n").as_bytes())
    }
}

impl Parents {
    /// Opens the file at `path`; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Option<Self>, StateError> {
        let unreadable = |source| StateError::Unreadable { path: path.to_owned(), source };
        let mut file = match disk.open(path, Open::Existing) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        let (mut index, mut entries, mut position) = (Vec::new(), 0, 0);
        let (mut hasher, mut added) = (SipHasher13::new(), Vec::<String>::new());
        let (mut seen, mut repeated) = (HashSet::new(), 0);
        let mut lines = BufReader::with_capacity(1 << 16, &mut *file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
            if entries % INDEXED == 0 {
                index.push(position);
            }
            let damaged = |source| StateError::Damaged { path: path.to_owned(), source };
            let parent = parse(&line).map_err(damaged)?;
            if parent.fields != "{}" {
                let fields: BTreeMap<String, &RawValue> =
                    serde_json::from_str(&parent.fields).map_err(|error| damaged(error.into()))?;
                added.extend(fields.into_keys().filter(|name| !added.contains(name)).collect::<Vec<_>>());
            }
            repeated += u64::from(!seen.insert(parent.fingerprint()));
            hasher.write(&line);
            position += line.len() as u64;
            entries += 1;
            line.clear();
        }
        drop(lines);
        let extent = Extent { entries, sum: hasher.finish128().as_u128() };
        Ok(Some(Self {
            file: Mutex::new(file),
            path: path.to_owned(),
            index,
            extent,
            added,
            repeated,
            new: Vec::new(),
        }))
    }

    /// A line of the file.
    pub fn line(parent: &Parent) -> String {
        let values = parent.values.iter();
        let values: Vec<_> = values
            .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str())))
            .collect();
        format!("[{{{}}},{}]\n", values.join(","), parent.fields)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.extent.entries
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their number, and a sum that tells them from others.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// How many have the values of an earlier one, and so the same requests.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Marks those that are not in `known` as new, by their fingerprints.
    ///
    /// # Errors
    /// The file cannot be read, or was changed since it was opened.
    pub fn mark_new(&mut self, known: &HashSet<u128>) -> Result<(), StateError> {
        let (mut new, mut index) = (Vec::new(), 0);
        self.read_all(|parent| {
            if index % BITS == 0 {
                new.push(0);
            }
            if let Some(bits) = new.last_mut().filter(|_| !known.contains(&parent.fingerprint())) {
                *bits |= 1 << (index % BITS);
            }
            index += 1;
            Ok::<_, StateError>(())
        })?;
        self.new = new;
        Ok(())
    }

    /// Whether the parent number `index` was marked as new.
    pub fn is_new(&self, index: u64) -> bool {
        let bits = usize::try_from(index / BITS).ok().and_then(|word| self.new.get(word));
        bits.is_some_and(|bits| bits >> (index % BITS) & 1 == 1)
    }

    /// The fingerprints of all parents except those with the numbers `left_out`.
    pub(super) fn fingerprints_without(&self, left_out: &HashSet<u128>) -> Result<Vec<u128>, StateError> {
        let (mut all, mut index) = (Vec::new(), 0);
        self.read_all(|parent| {
            all.extend((!left_out.contains(&index)).then(|| parent.fingerprint()));
            index += 1;
            Ok::<_, StateError>(())
        })?;
        Ok(all)
    }

    /// Whether any parent has this field to add.
    pub fn has_field(&self, name: &str) -> bool {
        self.added.iter().any(|added| added == name)
    }

    /// The parent number `index`, counted from 0.
    ///
    /// # Errors
    /// The file cannot be read, or was changed since it was opened.
    pub fn get(&self, index: u64) -> Result<Parent, StateError> {
        let damaged = |source| StateError::Damaged { path: self.path.clone(), source };
        let line = self.read(index).map_err(|source| match source.kind() {
            ErrorKind::UnexpectedEof => damaged(Damage::Short { found: index, written: self.len() }),
            _ => StateError::Unreadable { path: self.path.clone(), source },
        })?;
        parse(&line).map_err(damaged)
    }

    /// Calls `each` with every parent, in order. This reads the file only once.
    ///
    /// # Errors
    /// The file cannot be read, was changed since it was opened, or `each` fails.
    pub fn read_all<E: From<StateError>>(
        &self,
        mut each: impl FnMut(Parent) -> Result<(), E>,
    ) -> Result<(), E> {
        let unreadable = |source| StateError::Unreadable { path: self.path.clone(), source };
        let damaged = |source| StateError::Damaged { path: self.path.clone(), source };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.rewind().map_err(unreadable)?;
        let mut lines = BufReader::with_capacity(1 << 16, &mut **file);
        let (mut line, mut found) = (Vec::new(), 0);
        while found < self.len() && lines.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
            each(parse(&line).map_err(damaged)?)?;
            found += 1;
            line.clear();
        }
        if found < self.len() {
            return Err(damaged(Damage::Short { found, written: self.len() }).into());
        }
        Ok(())
    }

    fn read(&self, index: u64) -> io::Result<Vec<u8>> {
        let start = usize::try_from(index / INDEXED).ok().and_then(|block| self.index.get(block));
        let start = *start.ok_or(ErrorKind::UnexpectedEof)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        let mut lines = BufReader::new(&mut **file);
        let mut line = Vec::new();
        for _ in 0..=index % INDEXED {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(line)
    }
}

fn parse(line: &[u8]) -> Result<Parent, Damage> {
    let (values, fields): (BTreeMap<String, &RawValue>, &RawValue) = serde_json::from_slice(line)?;
    let values = values.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect();
    Ok(Parent { values, fields: fields.get().to_owned() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::disk::SystemDisk;

    fn parent(id: u64) -> Parent {
        let fields = if id == 150 { r#"{"team":"\u00e9"}"# } else { "{}" };
        Parent { values: [("id".to_owned(), id.to_string())].into(), fields: fields.to_owned() }
    }

    #[test]
    fn any_parent_is_found_by_its_number() {
        let path = std::env::temp_dir().join(format!("longhaul-parents-{}", std::process::id()));
        assert!(Parents::open(&SystemDisk, &path).unwrap().is_none());
        let lines: String = (0..200).map(|id| Parents::line(&parent(id))).collect();
        fs::write(&path, &lines).unwrap();
        let parents = Parents::open(&SystemDisk, &path).unwrap().unwrap();
        assert_eq!((parents.len(), parents.index.len()), (200, 4), "the index is small");
        for id in [0, 63, 64, 127, 128, 150, 199, 0] {
            assert_eq!(parents.get(id).unwrap(), parent(id));
        }
        let mut all = Vec::new();
        parents
            .read_all(|parent| {
                all.push(parent);
                Ok::<_, StateError>(())
            })
            .unwrap();
        assert_eq!(all, (0..200).map(parent).collect::<Vec<_>>());
        assert!(parents.has_field("team") && !parents.has_field("id"));
        let known =
            (0..200).filter(|id| ![0, 64, 199].contains(id)).map(|id| parent(id).fingerprint()).collect();
        let mut parents = parents;
        assert!((0..201).all(|id| !parents.is_new(id)), "nothing is new until it is marked");
        parents.mark_new(&known).unwrap();
        assert_eq!((0..201).filter(|id| parents.is_new(*id)).collect::<Vec<_>>(), [0, 64, 199]);
        assert!(matches!(parents.get(200), Err(StateError::Damaged { .. })));

        fs::write(&path, lines.replacen("199", "198", 1)).unwrap();
        let other = Parents::open(&SystemDisk, &path).unwrap().unwrap();
        assert_ne!(other.extent(), parents.extent(), "other parents are noticed");
        fs::write(&path, "[{},{}]\n[{}").unwrap();
        let error = Parents::open(&SystemDisk, &path).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` is damaged", path.display()));
        fs::remove_file(&path).unwrap();
    }
}
