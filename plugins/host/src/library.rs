//! A shared library, loaded for good.

use std::{error::Error, ffi::c_void, mem::ManuallyDrop, path::Path};

use libloading::Library;
use log::{LevelFilter, log};
use longhaul_plugin_abi::{Bytes, Entry, Host, LIBRARY_PREFIX, Level, SYMBOL};

use crate::{LoadError, PluginSinkType, call::borrow, format, table::Plugin};

/// Loads the library of the sink `name` at an absolute path, and reads its table.
pub(crate) fn load(name: &str, path: &Path) -> Result<PluginSinkType, LoadError> {
    format::check(path)?;
    // SAFETY: this runs what code the library has for when it is loaded. Nothing can be known of that code; that it
    // was put there by someone who may is checked before.
    let library = unsafe { Library::new(path) }.map_err(|source| refusal(path, source))?;
    // Never unloaded: its threads, thread-locals and panic hook would point to nothing.
    let library = ManuallyDrop::new(library);
    // SAFETY: a function of that name has this type: the name says so, version included.
    let entry = unsafe { library.get::<Entry>(SYMBOL) }.map_err(|_| no_entry(path, &library))?;
    // SAFETY: the host is leaked, so it is valid for as long as the process lives.
    let table = unsafe { entry(host(name)) };
    // SAFETY: the contract of `Entry` is that the table is valid for as long as the library is loaded.
    unsafe { Plugin::read(table) }
        .map(|plugin| PluginSinkType::new(plugin, path.to_owned()))
        .map_err(|source| LoadError::Table { library: path.to_owned(), source })
}

/// The loader has no codes for what is wrong, only words.
fn refusal(path: &Path, source: libloading::Error) -> LoadError {
    /// How the loaders of glibc, of musl and of Apple begin to tell what a library lacks. The first says the same
    /// of the library itself, which is known to be there.
    const LACKING: [&str; 3] =
        ["cannot open shared object file", "Error loading shared library", "Library not loaded"];

    let words = source.source().map_or_else(|| source.to_string(), ToString::to_string);
    let library = path.to_owned();
    if LACKING.iter().any(|lacking| words.contains(lacking)) {
        LoadError::Dependency { library, source }
    } else {
        LoadError::Library { library, source }
    }
}

/// Why there is no function to call: the name of that of another major version tells.
fn no_entry(path: &Path, library: &Library) -> LoadError {
    let later = (2..10).map(|major| format!("{LIBRARY_PREFIX}v{major}"));
    // SAFETY: whatever it is, it is only looked for and never called.
    let symbol = later.into_iter().find(|symbol| unsafe { library.get::<Entry>(symbol) }.is_ok());
    match symbol {
        Some(symbol) => LoadError::TooNew { library: path.to_owned(), symbol },
        None => LoadError::Symbol { library: path.to_owned() },
    }
}

/// What the library gets to write its log to. Leaked, as the library is.
#[expect(clippy::cast_possible_truncation, reason = "the table has some dozen bytes")]
fn host(name: &str) -> &'static Host {
    let target: &'static String = Box::leak(Box::new(format!("{LIBRARY_PREFIX}{name}")));
    Box::leak(Box::new(Host {
        size: size_of::<Host>() as u32,
        max_level: level(log::max_level()),
        data: (&raw const *target).cast_mut().cast(),
        log: write_log,
    }))
}

/// Writes a line to this process's log, under the library's name.
unsafe extern "C" fn write_log(data: *mut c_void, level: Level, text: Bytes) {
    // SAFETY: `data` is what `host` put there: a leaked string that nothing writes to.
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
