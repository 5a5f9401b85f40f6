//! Implements the traits of a sink with the functions of a plugin.

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
    call::{Caller, Output},
    table::Plugin,
    variables::variables_json,
};

/// A sink type from a shared library.
#[derive(Debug)]
pub struct PluginSinkType {
    caller: Caller,
    library: PathBuf,
}

impl PluginSinkType {
    pub(crate) fn new(plugin: Plugin, library: PathBuf) -> Self {
        Self { caller: Caller::new(&Arc::new(plugin)), library }
    }

    /// The sink's name.
    pub fn name(&self) -> &str {
        &self.caller.plugin().name
    }

    /// The version of the plugin.
    pub fn version(&self) -> &str {
        &self.caller.plugin().version
    }

    /// The JSON Schema of the options. It has an object `properties`.
    pub fn schema(&self) -> &Options {
        &self.caller.plugin().schema
    }

    /// The file that it was loaded from, with symbolic links resolved.
    pub fn library(&self) -> &Path {
        &self.library
    }
}

impl SinkType for PluginSinkType {
    fn summary(&self) -> &str {
        &self.caller.plugin().summary
    }

    fn options(&self) -> Vec<String> {
        let properties = self.schema().get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Options::keys).cloned().collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let options = Value::from(options.clone()).to_string();
        let mut handle = ptr::null_mut();
        // SAFETY: the options outlive the call, and `handle` can be written to.
        self.caller.call(|functions, reply| unsafe {
            (functions.configure)(Bytes::of(options.as_bytes()), &raw mut handle, reply)
        })?;
        if handle.is_null() {
            return Err(self.caller.contract_error("returned no configured sink"));
        }
        Ok(Box::new(Configured { caller: Caller::new(self.caller.plugin()), handle }))
    }
}

#[derive(Debug)]
struct Configured {
    caller: Caller,
    handle: *mut abi::Configured,
}

// SAFETY: the contract of the table allows calls of these functions from several threads at once.
unsafe impl Send for Configured {}
// SAFETY: as above.
unsafe impl Sync for Configured {}

impl OpenSink for Configured {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        let variables = variables_json(variables)?;
        // SAFETY: the handle came from `configure` and is only dropped with this value. The variables outlive the
        // call.
        let output = self.caller.call(|functions, reply| unsafe {
            (functions.destination)(self.handle, Bytes::of(variables.as_bytes()), reply)
        })?;
        read_destination(&output).ok_or_else(|| self.caller.contract_error("returned no destination"))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let variables = variables_json(variables)?;
        let from =
            from.map(|(receipt, mark)| Position { receipt: Bytes::of(receipt.0.as_bytes()), mark: mark.0 });
        let mut opened = abi::Opened { sink: ptr::null_mut(), at: 0 };
        // SAFETY: as in `destination`. The position also outlives the call, and `opened` can be written to.
        self.caller.call(|functions, reply| unsafe {
            let from = from.as_ref().map_or(ptr::null(), ptr::from_ref);
            (functions.open)(self.handle, Bytes::of(variables.as_bytes()), from, &raw mut opened, reply)
        })?;
        if opened.sink.is_null() {
            return Err(self.caller.contract_error("returned no open sink"));
        }
        let sink = Open { caller: Caller::new(self.caller.plugin()), handle: opened.sink };
        Ok(Opened { sink: Box::new(sink), at: Mark(opened.at) })
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        // SAFETY: the handle came from `configure` and is not used again.
        self.caller.close(|functions| unsafe { (functions.drop_configured)(self.handle) });
    }
}

#[derive(Debug)]
struct Open {
    caller: Caller,
    handle: *mut abi::Open,
}

// SAFETY: the contract of the table allows calls of these functions from any thread, one at a time. The methods below
// take `self` mutably or by value.
unsafe impl Send for Open {}

impl Sink for Open {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let batch =
            abi::Batch { bytes: Bytes::of(batch.bytes()), ends: batch.ends().as_ptr(), records: batch.len() };
        // SAFETY: the handle came from `open` and is only dropped with this value. The batch outlives the call.
        self.caller.call(|functions, reply| unsafe { (functions.write)(self.handle, batch, reply) })?;
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        // SAFETY: as in `write`.
        let output =
            self.caller.call(|functions, reply| unsafe { (functions.commit)(self.handle, mark.0, reply) })?;
        let receipt =
            output.bytes(Part::RECEIPT).ok_or_else(|| self.caller.contract_error("returned no receipt"))?;
        if receipt.len() > abi::MAX_RECEIPT {
            return Err(self.caller.contract_error("returned a receipt of more than 4 KiB"));
        }
        let receipt = String::from_utf8(receipt.to_vec());
        receipt.map(Receipt).map_err(|_| self.caller.contract_error("returned a receipt that is not UTF-8"))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        // SAFETY: as in `write`. The handle is dropped after this call, as usual.
        self.caller.call(|functions, reply| unsafe { (functions.finish)(self.handle, reply) })?;
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the handle came from `open` and is not used again.
        self.caller.close(|functions| unsafe { (functions.drop_sink)(self.handle) });
    }
}

fn read_destination(output: &Output) -> Option<Destination> {
    if output.bytes(Part::STDOUT).is_some() {
        return Some(Destination::Stdout);
    }
    if let Some(path) = output.bytes(Part::FILE) {
        return String::from_utf8(path.to_vec()).ok().map(|path| Destination::File(path.into()));
    }
    output.text(Part::ELSEWHERE).map(Destination::Elsewhere)
}
