//! The functions of the table. Each reads the arguments of a call, calls the sink, and returns its results.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
};

use longhaul_core::sink::{self, Destination, Mark, Receipt, Sink, SinkError, SinkErrorKind, Variables};
use longhaul_plugin_abi::{Batch, Bytes, Configured, Open, Opened, Part, Position, Reply, Status};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    PluginSink,
    options::from_options,
    reply::{put, respond},
};

/// The content of an [`Open`]. `None` after the sink was finished.
type OpenSlot = Option<Box<dyn Sink>>;

pub(crate) unsafe extern "C" fn configure<S: PluginSink>(
    options: Bytes,
    out: *mut *mut Configured,
    reply: Reply,
) -> Status {
    respond(reply, || {
        // SAFETY: the host lends the options for this call.
        let sink: S = from_options(parse("options", unsafe { borrow(options) })?)?;
        // SAFETY: the contract of `Configure` is that `out` can be written to.
        unsafe { out.write(Box::into_raw(Box::new(sink)).cast()) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn destination<S: PluginSink>(
    sink: *const Configured,
    variables: Bytes,
    reply: Reply,
) -> Status {
    respond(reply, || {
        // SAFETY: `configure` created the pointer from a box of `S`, which the host has not dropped yet.
        let sink = unsafe { &*sink.cast::<S>() };
        // SAFETY: the host lends the variables for this call.
        match sink.destination(&read_variables(unsafe { borrow(variables) })?)? {
            Destination::File(path) => {
                let text = path.to_str().ok_or_else(|| broken("its file's path is not UTF-8"))?;
                put(reply, Part::FILE, text);
            }
            Destination::Stdout => put(reply, Part::STDOUT, ""),
            Destination::Object(text) | Destination::Elsewhere(text) => put(reply, Part::ELSEWHERE, &text),
        }
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn open<S: PluginSink>(
    sink: *const Configured,
    variables: Bytes,
    from: *const Position,
    out: *mut Opened,
    reply: Reply,
) -> Status {
    respond(reply, || {
        // SAFETY: as in `destination`.
        let sink = unsafe { &*sink.cast::<S>() };
        // SAFETY: the host lends the variables for this call.
        let variables = read_variables(unsafe { borrow(variables) })?;
        // SAFETY: the contract of `OpenSink` is that `from` is null or valid for the call.
        let from = unsafe { from.as_ref() }.map(read_position).transpose()?;
        let opened = sink.open(&variables, from.as_ref().map(|(receipt, mark)| (receipt, *mark)))?;
        let slot: Box<OpenSlot> = Box::new(Some(opened.sink));
        // SAFETY: the contract of `OpenSink` is that `out` can be written to.
        unsafe { out.write(Opened { sink: Box::into_raw(slot).cast(), at: opened.at.0 }) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn write(sink: *mut Open, batch: Batch, reply: Reply) -> Status {
    respond(reply, || {
        // SAFETY: the host lends the bytes and the ends for this call.
        let (bytes, ends) = unsafe { (borrow(batch.bytes), array(batch.ends, batch.records)) };
        // SAFETY: `open` created the pointer, and the host calls from one thread at a time.
        unsafe { slot(sink) }.as_mut().ok_or_else(finished)?.write(&sink::Batch::new(bytes, ends))
    })
}

pub(crate) unsafe extern "C" fn commit(sink: *mut Open, mark: u64, reply: Reply) -> Status {
    respond(reply, || {
        // SAFETY: as in `write`.
        let receipt = unsafe { slot(sink) }.as_mut().ok_or_else(finished)?.commit(Mark(mark))?;
        put(reply, Part::RECEIPT, &receipt.0);
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn finish(sink: *mut Open, reply: Reply) -> Status {
    respond(reply, || {
        // SAFETY: as in `write`.
        unsafe { slot(sink) }.take().ok_or_else(finished)?.finish()
    })
}

pub(crate) unsafe extern "C" fn drop_configured<S: PluginSink>(sink: *mut Configured) {
    // SAFETY: `configure` created the pointer from a box of `S`, and the host does not use it again.
    catch_panic(|| drop(unsafe { Box::from_raw(sink.cast::<S>()) }));
}

pub(crate) unsafe extern "C" fn drop_sink(sink: *mut Open) {
    // SAFETY: `open` created the pointer from a box of this type, and the host does not use it again.
    catch_panic(|| drop(unsafe { Box::from_raw(sink.cast::<OpenSlot>()) }));
}

/// A panic in `drop` is only logged, by the panic hook: the host receives no result of this call.
fn catch_panic(body: impl FnOnce()) {
    drop(catch_unwind(AssertUnwindSafe(body)));
}

/// # Safety
/// `sink` came from [`open`], was not dropped, and is not in use by another call.
unsafe fn slot<'a>(sink: *mut Open) -> &'a mut OpenSlot {
    // SAFETY: `open` created the pointer from a box of this type. The caller guarantees the rest.
    unsafe { &mut *sink.cast() }
}

/// # Safety
/// The bytes stay valid for `'a`, which must not outlive the call.
unsafe fn borrow<'a>(bytes: Bytes) -> &'a [u8] {
    // SAFETY: guaranteed by the caller.
    unsafe { array(bytes.ptr, bytes.len) }
}

/// # Safety
/// If `len` is not 0, `ptr` points to that many items, which stay valid for `'a`.
unsafe fn array<'a, T>(ptr: *const T, len: usize) -> &'a [T] {
    if len == 0 {
        // The pointer may be null here; a slice must not contain a null pointer.
        return &[];
    }
    // SAFETY: guaranteed by the caller.
    unsafe { slice::from_raw_parts(ptr, len) }
}

fn read_variables(json: &[u8]) -> Result<Variables, SinkError> {
    /// The variables as JSON.
    #[derive(Deserialize)]
    struct Json {
        folder: String,
        values: BTreeMap<String, String>,
    }

    let Json { folder, values } = parse("variables", json)?;
    let stream = values.get("stream").cloned().unwrap_or_default();
    Ok(values
        .into_iter()
        .fold(Variables::new(stream, folder), |variables, (name, value)| variables.with(name, value)))
}

fn read_position(position: &Position) -> Result<(Receipt, Mark), SinkError> {
    // SAFETY: the host lends the receipt for this call; it is copied here.
    let receipt = unsafe { borrow(position.receipt) }.to_vec();
    let receipt =
        String::from_utf8(receipt).map_err(|error| broken("the receipt is not UTF-8").because(error))?;
    Ok((Receipt(receipt), Mark(position.mark)))
}

fn parse<T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<T, SinkError> {
    serde_json::from_slice(json).map_err(|error| broken(&format!("cannot read the {what}")).because(error))
}

fn finished() -> SinkError {
    broken("the sink was used after it was finished")
}

fn broken(message: &str) -> SinkError {
    SinkError::new(SinkErrorKind::Broken, message)
}
