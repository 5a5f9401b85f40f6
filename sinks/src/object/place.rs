//! Where objects are, and where their local parts are.

use std::{
    collections::HashMap,
    fmt::Debug,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use longhaul_core::{
    disk::{Disk, PrivateDisk},
    object_store::ObjectStore,
    sink::{SinkError, Variables},
};

use siphasher::sip128::SipHasher13;

use super::{error::of_store, uploader::Uploads};

/// The stores that paths such as `s3://bucket/key` lead to.
pub trait Stores: Debug + Send + Sync {
    /// The bucket with this name. Nothing is sent.
    ///
    /// # Errors
    /// The store is not configured correctly.
    fn bucket(&self, name: &str) -> Result<Arc<dyn ObjectStore>, SinkError>;
}

/// The stores, and what all objects of a process share.
#[derive(Clone, Debug)]
pub struct Objects {
    stores: Arc<dyn Stores>,
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// Whether other machines resume what this one begins, without its local files.
    is_state_shared: bool,
    active: Arc<Mutex<HashMap<String, Arc<Uploads>>>>,
}

impl Objects {
    /// Objects in `stores`. What they do not have yet is in `folder`, which must be kept together with the state.
    pub fn new(stores: Arc<dyn Stores>, disk: Arc<dyn Disk>, folder: PathBuf) -> Self {
        let disk = Arc::new(PrivateDisk::new(disk));
        Self { stores, disk, folder, is_state_shared: false, active: Arc::default() }
    }

    /// Objects whose pulls other machines resume, without the local files of this one.
    #[must_use]
    pub fn with_shared_state(self) -> Self {
        Self { is_state_shared: true, ..self }
    }

    /// Finds what would make every request to the bucket of the object at `address` fail, such as missing credentials.
    ///
    /// # Errors
    /// Why nothing can be written there.
    pub fn check(&self, address: &str) -> Result<(), SinkError> {
        match Place::of(address, Some(self))? {
            Some(place) => place.store.check().map_err(|error| of_store("write to", address, error)),
            None => Ok(()),
        }
    }

    /// Waits until no part of this object is being uploaded, and cancels what an earlier opening has left to upload.
    pub(super) fn replace_uploads(&self, shown: &str) -> Arc<Uploads> {
        let new = Arc::<Uploads>::default();
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = active.insert(shown.to_owned(), Arc::clone(&new));
        drop(active);
        if let Some(earlier) = earlier {
            earlier.cancel();
        }
        new
    }

    /// Removes the uploads of an object that a pull may have begun on another machine.
    pub(super) fn abort_foreign(&self, object: &Object) -> Result<(), SinkError> {
        if self.is_state_shared { object.abort_all() } else { Ok(()) }
    }

    /// Forgets the uploads of an object that is complete.
    pub(super) fn forget_uploads(&self, shown: &str) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(shown);
    }
}

/// A bucket and a key with placeholders: a path such as `s3://bucket/{stream}.ndjson`.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(super) objects: Objects,
    store: Arc<dyn ObjectStore>,
    key: String,
}

/// What the path of an object starts with.
const SCHEME: &str = "s3://";

/// The longest key that a store accepts, in bytes.
const LONGEST_KEY: usize = 1024;

impl Place {
    /// The place that `path` names; `None` if it is the path of a file.
    pub(crate) fn of(path: &str, objects: Option<&Objects>) -> Result<Option<Self>, SinkError> {
        let Some(rest) = path.strip_prefix(SCHEME) else {
            return scheme(path).map_or(Ok(None), |scheme| Err(unknown(scheme)));
        };
        let objects = objects.ok_or_else(|| {
            let message = "this longhaul was built without object stores (build it with the feature `s3`)";
            SinkError::config("path", message)
        })?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('{') {
            return Err(SinkError::config("path", "the bucket of a path cannot have placeholders"));
        }
        let store = objects.stores.bucket(bucket)?;
        Ok(Some(Self { objects: objects.clone(), store, key: key.to_owned() }))
    }

    /// The path of a local file for each object, with the same placeholders.
    pub(super) fn local_template(&self) -> String {
        let folder = self.objects.folder.join("files");
        // A brace in the name of a folder is not a placeholder.
        let folder = folder.to_string_lossy().replace('{', "{{");
        let bucket = self.store.shown("").replace(SCHEME, "");
        format!("{folder}/{}/{}", bucket.trim_end_matches('/'), self.key)
    }

    /// The object of the pull at `variables`.
    pub(crate) fn object(&self, variables: &Variables) -> Result<Object, SinkError> {
        let key =
            variables.expand(&self.key).map_err(|error| SinkError::config("path", error.to_string()))?;
        let shown = self.store.shown(&key);
        let rejected =
            |why: &str| Err(SinkError::config("path", format!("cannot write to `{shown}`: {why}")));
        match key.as_str() {
            "" => return rejected("it names a bucket, but no object in it"),
            key if key.ends_with('/') => return rejected("it names a folder"),
            key if key.split('/').any(|part| ["", ".", ".."].contains(&part)) => {
                return rejected("`.`, `..` and an empty name cannot be parts of its key");
            }
            key if key.len() > LONGEST_KEY => return rejected("its key is longer than 1,024 bytes"),
            _ => {}
        }
        let name = SipHasher13::new().hash(shown.as_bytes()).as_u128();
        let local = self.objects.folder.join(format!("{name:032x}"));
        let (store, disk) = (Arc::clone(&self.store), Arc::clone(&self.objects.disk));
        Ok(Object { store, key, shown, disk, local })
    }
}

/// What a path starts with that is meant as a URL. As the path of a file, it would lead to a folder with that name.
fn scheme(path: &str) -> Option<&str> {
    let (scheme, _) = path.split_once("://")?;
    // One letter is a drive.
    let is_scheme = scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_scheme.then_some(scheme)
}

fn unknown(scheme: &str) -> SinkError {
    let message = if scheme == "file" {
        "a file has a path without `file://`".to_owned()
    } else {
        format!(
            "there is no store `{scheme}://`; use a file, or `s3://bucket/key` (with `stores.s3.endpoint` for a store other \
             than Amazon S3)"
        )
    };
    SinkError::config("path", message)
}

/// An object of one pull.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) key: String,
    /// Its address, for messages.
    pub(crate) shown: String,
    pub(super) disk: Arc<dyn Disk>,
    /// The path that the names of all local files of this object start with.
    pub(super) local: PathBuf,
}

impl Object {
    /// A local file that belongs to this object.
    pub(crate) fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.local.clone().into_os_string();
        path.push(ending);
        path.into()
    }

    /// Removes all unfinished uploads.
    pub(super) fn abort_all(&self) -> Result<(), SinkError> {
        let Self { store, key, shown, .. } = self;
        let uploads = store.uploads(key);
        let aborted = uploads.and_then(|all| all.iter().try_for_each(|upload| store.abort(upload)));
        aborted.map_err(|error| of_store("remove the unfinished uploads of", shown, error))
    }

    /// Whether the object in the store is the one of the pull with this tag. If its length is known, it is compared, too.
    pub(crate) fn is_published(&self, tag: &str, length: Option<u64>) -> Result<bool, SinkError> {
        let found = self.store.find(&self.key);
        let found = found.map_err(|error| of_store("look for", &self.shown, error))?;
        Ok(found.is_some_and(|found| {
            found.tag.as_deref() == Some(tag) && length.is_none_or(|length| length == found.length)
        }))
    }
}
