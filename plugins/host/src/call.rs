//! One call into a plugin, and what it answers.

use std::{
    error::Error,
    ffi::c_void,
    fmt, slice,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use longhaul_core::sink::{SinkError, SinkErrorKind};
use longhaul_plugin_abi::{Bytes, Part, Reply, Status};

use crate::table::{Functions, Plugin};

/// The way into a plugin for one of its objects. It closes for good once the plugin panicked in it.
#[derive(Debug)]
pub(crate) struct Door {
    plugin: Arc<Plugin>,
    panicked: AtomicBool,
}

impl Door {
    pub(crate) fn new(plugin: &Arc<Plugin>) -> Self {
        Self { plugin: Arc::clone(plugin), panicked: AtomicBool::new(false) }
    }

    pub(crate) fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// Makes a call, and gives what the plugin put into its reply.
    pub(crate) fn call(&self, make: impl FnOnce(&Functions, Reply) -> Status) -> Result<Answer, SinkError> {
        if self.panicked.load(Ordering::Relaxed) {
            return Err(self.breach("panicked before and is not called again"));
        }
        let mut answer = Answer::default();
        let status = make(&self.plugin.functions, Reply { data: (&raw mut answer).cast(), put });
        match status {
            Status::OK => Ok(answer),
            Status::PANICKED => {
                self.panicked.store(true, Ordering::Relaxed);
                Err(self.breach(&format!("panicked: {}", answer.text(Part::MESSAGE).unwrap_or_default())))
            }
            _ => match kind(status) {
                Some(kind) => Err(self.failure(kind, &answer)),
                None => Err(self.breach(&format!("answered with the unknown status {}", status.0))),
            },
        }
    }

    /// Makes the last call, which has no answer.
    pub(crate) fn close(&self, make: impl FnOnce(&Functions)) {
        if !self.panicked.load(Ordering::Relaxed) {
            make(&self.plugin.functions);
        }
    }

    /// The error that the plugin does not keep to the contract; `what` goes on after its name.
    pub(crate) fn breach(&self, what: &str) -> SinkError {
        SinkError::new(SinkErrorKind::Broken, format!("the plugin `{}` {what}", self.plugin.name))
    }

    fn failure(&self, kind: SinkErrorKind, answer: &Answer) -> SinkError {
        let message = answer
            .text(Part::MESSAGE)
            .unwrap_or_else(|| format!("the plugin `{}` failed and does not say why", self.plugin.name));
        let error = match answer.text(Part::KEY) {
            Some(key) if kind == SinkErrorKind::Config => SinkError::config(key, message),
            _ => SinkError::new(kind, message),
        };
        match answer.causes() {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

/// The parts of an answer, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Answer(Vec<(Part, Vec<u8>)>);

impl Answer {
    /// The part as it is, where there is one.
    pub(crate) fn bytes(&self, part: Part) -> Option<&[u8]> {
        self.all(part).next()
    }

    /// The part as text for people, where there is one.
    pub(crate) fn text(&self, part: Part) -> Option<String> {
        self.bytes(part).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn all(&self, part: Part) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.iter().filter(move |(its, _)| *its == part).map(|(_, bytes)| bytes.as_slice())
    }

    fn causes(&self) -> Option<Box<Cause>> {
        self.all(Part::CAUSE).rfold(None, |beneath, text| {
            Some(Box::new(Cause { text: String::from_utf8_lossy(text).into_owned(), beneath }))
        })
    }
}

/// # Safety
/// Where they are not empty, the bytes stay valid for as long as `'a`, which must not be longer than their call.
pub(crate) unsafe fn borrow<'a>(bytes: Bytes) -> &'a [u8] {
    if bytes.len == 0 {
        // The pointer may be null here, which a slice's must never be.
        return &[];
    }
    // SAFETY: what the caller promises.
    unsafe { slice::from_raw_parts(bytes.ptr, bytes.len) }
}

/// What lay beneath an error on the plugin's side: its text is all that crosses.
#[derive(Debug)]
struct Cause {
    text: String,
    beneath: Option<Box<Cause>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.beneath.as_deref().map(|cause| cause as _)
    }
}

unsafe extern "C" fn put(data: *mut c_void, part: Part, text: Bytes) {
    // SAFETY: `data` is the answer in `Door::call`, which waits for the plugin meanwhile and does not touch it; a
    // plugin replies only during its call, on the thread of it.
    let answer = unsafe { &mut *data.cast::<Answer>() };
    // SAFETY: the plugin lends the text for this call, and it is copied here.
    answer.0.push((part, unsafe { borrow(text) }.to_vec()));
}

fn kind(status: Status) -> Option<SinkErrorKind> {
    match status {
        Status::CONFIG => Some(SinkErrorKind::Config),
        Status::REJECTED => Some(SinkErrorKind::Rejected),
        Status::UNAVAILABLE => Some(SinkErrorKind::Unavailable),
        Status::CLOSED => Some(SinkErrorKind::Closed),
        Status::BROKEN => Some(SinkErrorKind::Broken),
        _ => None,
    }
}
