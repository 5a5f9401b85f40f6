//! Calls the functions of a plugin and receives their results.

use std::{
    error::Error,
    ffi::c_void,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use longhaul_core::sink::{SinkError, SinkErrorKind};
use longhaul_plugin_abi::{Bytes, Part, Reply, Status};

use crate::{
    bytes::borrow,
    table::{Functions, Plugin},
};

/// Calls the functions of a plugin for one of its objects. After a panic, it makes no more calls.
#[derive(Debug)]
pub(crate) struct Caller {
    plugin: Arc<Plugin>,
    panicked: AtomicBool,
}

impl Caller {
    pub(crate) fn new(plugin: &Arc<Plugin>) -> Self {
        Self { plugin: Arc::clone(plugin), panicked: AtomicBool::new(false) }
    }

    pub(crate) fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// Makes a call, and returns the texts that the plugin put into the reply.
    pub(crate) fn call(
        &self,
        function: impl FnOnce(&Functions, Reply) -> Status,
    ) -> Result<Output, SinkError> {
        if self.panicked.load(Ordering::Relaxed) {
            return Err(self.contract_error("panicked earlier, so it is not called again"));
        }
        let mut output = Output::default();
        let status = function(&self.plugin.functions, Reply { data: (&raw mut output).cast(), put });
        match status {
            Status::OK => Ok(output),
            Status::PANICKED => {
                self.panicked.store(true, Ordering::Relaxed);
                Err(self
                    .contract_error(&format!("panicked: {}", output.text(Part::MESSAGE).unwrap_or_default())))
            }
            _ => match kind(status) {
                Some(kind) => Err(self.plugin_error(kind, &output)),
                None => Err(self.contract_error(&format!("returned the unknown status {}", status.0))),
            },
        }
    }

    /// Makes the last call, which returns nothing.
    pub(crate) fn close(&self, function: impl FnOnce(&Functions)) {
        if !self.panicked.load(Ordering::Relaxed) {
            function(&self.plugin.functions);
        }
    }

    /// The error for a plugin that breaks the contract. `what` follows the name of the plugin.
    pub(crate) fn contract_error(&self, what: &str) -> SinkError {
        SinkError::new(SinkErrorKind::Broken, format!("the plugin `{}` {what}", self.plugin.name))
    }

    fn plugin_error(&self, kind: SinkErrorKind, output: &Output) -> SinkError {
        let message = output
            .text(Part::MESSAGE)
            .unwrap_or_else(|| format!("the plugin `{}` failed without a message", self.plugin.name));
        let error = match output.text(Part::KEY) {
            Some(key) if kind == SinkErrorKind::Config => SinkError::config(key, message),
            _ => SinkError::new(kind, message),
        };
        match output.causes() {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

/// The texts that a call returned, in the order in which they arrived.
#[derive(Debug, Default)]
pub(crate) struct Output(Vec<(Part, Vec<u8>)>);

impl Output {
    /// The bytes of this part, if the plugin put it.
    pub(crate) fn bytes(&self, part: Part) -> Option<&[u8]> {
        self.all(part).next()
    }

    /// The part as text for display, if the plugin put it.
    pub(crate) fn text(&self, part: Part) -> Option<String> {
        self.bytes(part).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn all(&self, part: Part) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.iter().filter(move |(found, _)| *found == part).map(|(_, bytes)| bytes.as_slice())
    }

    fn causes(&self) -> Option<Box<Cause>> {
        self.all(Part::CAUSE).rfold(None, |source, text| {
            Some(Box::new(Cause { text: String::from_utf8_lossy(text).into_owned(), source }))
        })
    }
}

/// A cause of an error of the plugin. Only its text is passed to the host.
#[derive(Debug)]
struct Cause {
    text: String,
    source: Option<Box<Cause>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

unsafe extern "C" fn put(data: *mut c_void, part: Part, text: Bytes) {
    // SAFETY: `data` is the output in `Caller::call`, which does not use it while it waits for the plugin. A plugin
    // uses the reply only during its call, on the thread of that call.
    let output = unsafe { &mut *data.cast::<Output>() };
    // SAFETY: the plugin lends the text for this call; it is copied here.
    output.0.push((part, unsafe { borrow(text) }.to_vec()));
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
