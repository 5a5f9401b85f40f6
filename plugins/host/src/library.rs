//! Loads a shared library, which is never unloaded.

use std::{error::Error, ffi::c_void, mem::ManuallyDrop, path::Path};

use libloading::Library;
use log::{LevelFilter, log};
use longhaul_plugin_abi::{Bytes, Entry, Host, LIBRARY_PREFIX, Level, SYMBOL};

use crate::{LoadError, PluginSinkType, bytes::borrow, format, table::Plugin};

/// Loads the library of the sink `name` at an absolute path, and reads its table.
pub(crate) fn load(name: &str, path: &Path) -> Result<PluginSinkType, LoadError> {
    format::check(path)?;
    // SAFETY: this runs the library's initialization code. Nothing is known about that code, but the caller has
    // checked that only trusted users could have written it.
    let library = unsafe { Library::new(path) }.map_err(|source| load_error(path, source))?;
    // Never unloaded, because its threads, thread-locals and panic hook would be left without code.
    let library = ManuallyDrop::new(library);
    // SAFETY: a function with this name has this type: the name includes the version.
    let entry = unsafe { library.get::<Entry>(SYMBOL) }.map_err(|_| entry_error(path, &library))?;
    // SAFETY: the host is leaked, so it is valid until the process ends.
    let table = unsafe { entry(host(name)) };
    // SAFETY: by the contract of `Entry`, the table is valid while the library is loaded.
    unsafe { Plugin::read(table) }
        .map(|plugin| PluginSinkType::new(plugin, path.to_owned()))
        .map_err(|source| LoadError::Table { library: path.to_owned(), source })
}

/// The system's loader has no error codes, only messages.
fn load_error(path: &Path, source: libloading::Error) -> LoadError {
    /// The messages about a missing dependency in the loaders of glibc, musl and macOS. glibc uses the same message
    /// for the library itself, which exists.
    const MISSING: [&str; 3] =
        ["cannot open shared object file", "Error loading shared library", "Library not loaded"];

    let text = source.source().map_or_else(|| source.to_string(), ToString::to_string);
    let library = path.to_owned();
    if MISSING.iter().any(|message| text.contains(message)) {
        LoadError::Dependency { library, source }
    } else {
        LoadError::Library { library, source }
    }
}

/// Why the function is missing. The library may export that of another major version.
fn entry_error(path: &Path, library: &Library) -> LoadError {
    let later = (2..10).map(|major| format!("{LIBRARY_PREFIX}v{major}"));
    // SAFETY: the symbol is only looked up and never called.
    let symbol = later.into_iter().find(|symbol| unsafe { library.get::<Entry>(symbol) }.is_ok());
    match symbol {
        Some(symbol) => LoadError::TooNew { library: path.to_owned(), symbol },
        None => LoadError::Symbol { library: path.to_owned() },
    }
}

/// The host's table for this library. It is leaked, because the library is never unloaded.
#[expect(clippy::cast_possible_truncation, reason = "the table has a few dozen bytes")]
fn host(name: &str) -> &'static Host {
    let target: &'static String = Box::leak(Box::new(format!("{LIBRARY_PREFIX}{name}")));
    Box::leak(Box::new(Host {
        size: size_of::<Host>() as u32,
        max_level: level(log::max_level()),
        data: (&raw const *target).cast_mut().cast(),
        log: write_log,
    }))
}

/// Writes a line to this process's log, with the library's name as the target.
unsafe extern "C" fn write_log(data: *mut c_void, level: Level, text: Bytes) {
    // SAFETY: `data` points to the string that `host` leaked, which never changes.
    let target = unsafe { &*data.cast::<String>() };
    // SAFETY: the plugin lends the text for this call.
    let text = String::from_utf8_lossy(unsafe { borrow(text) });
    let level = match level {
        Level::ERROR => log::Level::Error,
        Level::WARN => log::Level::Warn,
        Level::INFO => log::Level::Info,
        Level::DEBUG => log::Level::Debug,
        _ => log::Level::Trace,
    };
    log!(target: target, level, "{text}");
}

fn level(filter: LevelFilter) -> Level {
    match filter {
        LevelFilter::Off => Level::OFF,
        LevelFilter::Error => Level::ERROR,
        LevelFilter::Warn => Level::WARN,
        LevelFilter::Info => Level::INFO,
        LevelFilter::Debug => Level::DEBUG,
        LevelFilter::Trace => Level::TRACE,
    }
}
