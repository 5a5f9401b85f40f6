//! A plugin's sink as one of this side.

use std::{
    path::{Path, PathBuf},
    ptr,
    sync::Arc,
};

use longhaul_core::sink::{
    Batch, Destination, Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkType, Variables,
};
use longhaul_plugin_abi::{self as abi, Bytes, Part, Position};
use serde_json::Value;

use crate::{
    call::{Answer, Door},
    table::Plugin,
    variables::site_json,
};

/// A kind of sink that a shared library brings.
#[derive(Debug)]
pub struct PluginSinkType {
    door: Door,
    library: PathBuf,
}

impl PluginSinkType {
    pub(crate) fn new(plugin: Plugin, library: PathBuf) -> Self {
        Self { door: Door::new(&Arc::new(plugin)), library }
    }

    /// The sink's name.
    pub fn name(&self) -> &str {
        &self.door.plugin().name
    }

    /// The plugin's own version.
    pub fn version(&self) -> &str {
        &self.door.plugin().version
    }

    /// The author's JSON Schema of the options. It has an object of `properties`.
    pub fn schema(&self) -> &Options {
        &self.door.plugin().schema
    }

    /// The file that it was loaded from, links resolved.
    pub fn library(&self) -> &Path {
        &self.library
    }
}

impl SinkType for PluginSinkType {
    fn summary(&self) -> &str {
        &self.door.plugin().summary
    }

    fn options(&self) -> Vec<String> {
        let properties = self.schema().get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Options::keys).cloned().collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let options = Value::from(options.clone()).to_string();
        let mut handle = ptr::null_mut();
        // SAFETY: the options outlive the call, and `handle` can be written to.
        self.door.call(|functions, reply| unsafe {
            (functions.configure)(Bytes::of(options.as_bytes()), &raw mut handle, reply)
        })?;
        if handle.is_null() {
            return Err(self.door.breach("configured itself and gave nothing"));
        }
        Ok(Box::new(Configured { door: Door::new(self.door.plugin()), handle }))
    }
}

#[derive(Debug)]
struct Configured {
    door: Door,
    handle: *mut abi::Configured,
}

// SAFETY: the contract of the table is that these functions may be called from any thread, and several at once.
unsafe impl Send for Configured {}
// SAFETY: as above.
unsafe impl Sync for Configured {}

impl OpenSink for Configured {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        let variables = site_json(variables)?;
        // SAFETY: the handle came from `configure` and is dropped only with this value; the variables outlive the call.
        let answer = self.door.call(|functions, reply| unsafe {
            (functions.destination)(self.handle, Bytes::of(variables.as_bytes()), reply)
        })?;
        read_destination(&answer).ok_or_else(|| self.door.breach("does not say where its records go"))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let variables = site_json(variables)?;
        let from =
            from.map(|(receipt, mark)| Position { receipt: Bytes::of(receipt.0.as_bytes()), mark: mark.0 });
        let mut opened = abi::Opened { sink: ptr::null_mut(), at: 0 };
        // SAFETY: as in `destination`; the position outlives the call, too, and `opened` can be written to.
        self.door.call(|functions, reply| unsafe {
            let from = from.as_ref().map_or(ptr::null(), ptr::from_ref);
            (functions.open)(self.handle, Bytes::of(variables.as_bytes()), from, &raw mut opened, reply)
        })?;
        if opened.sink.is_null() {
            return Err(self.door.breach("opened itself and gave nothing"));
        }
        let sink = Open { door: Door::new(self.door.plugin()), handle: opened.sink };
        Ok(Opened { sink: Box::new(sink), at: Mark(opened.at) })
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        // SAFETY: the handle came from `configure`, and this is the last that is heard of it.
        self.door.close(|functions| unsafe { (functions.drop_configured)(self.handle) });
    }
}

#[derive(Debug)]
struct Open {
    door: Door,
    handle: *mut abi::Open,
}

// SAFETY: the contract of the table is that these functions may be called from any thread, one at a time; all of
// the calls below take `self` mutably or for good.
unsafe impl Send for Open {}

impl Sink for Open {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let batch =
            abi::Batch { bytes: Bytes::of(batch.bytes()), ends: batch.ends().as_ptr(), records: batch.len() };
        // SAFETY: the handle came from `open` and is dropped only with this value; the batch outlives the call.
        self.door.call(|functions, reply| unsafe { (functions.write)(self.handle, batch, reply) })?;
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        // SAFETY: as in `write`.
        let answer =
            self.door.call(|functions, reply| unsafe { (functions.commit)(self.handle, mark.0, reply) })?;
        let receipt =
            answer.bytes(Part::RECEIPT).ok_or_else(|| self.door.breach("committed without a receipt"))?;
        if receipt.len() > abi::MAX_RECEIPT {
            return Err(self.door.breach("gave a receipt of more than 4 KiB"));
        }
        let receipt = String::from_utf8(receipt.to_vec());
        receipt.map(Receipt).map_err(|_| self.door.breach("gave a receipt that is not UTF-8"))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        // SAFETY: as in `write`. The handle is dropped after this as after any other call.
        self.door.call(|functions, reply| unsafe { (functions.finish)(self.handle, reply) })?;
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the handle came from `open`, and this is the last that is heard of it.
        self.door.close(|functions| unsafe { (functions.drop_sink)(self.handle) });
    }
}

fn read_destination(answer: &Answer) -> Option<Destination> {
    if answer.bytes(Part::STDOUT).is_some() {
        return Some(Destination::Stdout);
    }
    if let Some(path) = answer.bytes(Part::FILE) {
        return String::from_utf8(path.to_vec()).ok().map(|path| Destination::File(path.into()));
    }
    answer.text(Part::ELSEWHERE).map(Destination::Elsewhere)
}
