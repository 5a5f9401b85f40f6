//! The library's log and its panics, on their way to the host.
//!
//! A shared library has a standard library of its own, and with it a logger and a panic hook of its own. Both are
//! global by nature, which is why this is the one place with a static.

use std::{panic, sync::OnceLock};

use log::{LevelFilter, Log, Metadata, Record};
use longhaul_plugin_abi::{Bytes, Host, Level};

use crate::reply::panic_text;

static JOURNAL: OnceLock<Journal> = OnceLock::new();

/// Writes the log of this library to the host's, from now on. Only the first call has an effect.
///
/// # Safety
/// `host` points to a [`Host`] that stays valid for as long as the process lives.
pub(crate) unsafe fn open(host: *const Host) {
    // SAFETY: the caller promises a valid host that is never freed.
    let host: &'static Host = unsafe { &*host };
    if JOURNAL.set(Journal(host)).is_err() {
        return;
    }
    if let Some(journal) = JOURNAL.get()
        && log::set_logger(journal).is_ok()
    {
        log::set_max_level(filter(host.max_level));
    }
    // The hook that is there prints to standard error, through the host's progress bar.
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(|place| format!(" at {place}")).unwrap_or_default();
        log::error!("panicked{place}: {}", panic_text(panicked.payload()));
    }));
}

#[derive(Debug)]
struct Journal(&'static Host);

// SAFETY: the contract of `Host` allows its function to be called from any thread, and nothing writes to it.
unsafe impl Send for Journal {}
// SAFETY: as above.
unsafe impl Sync for Journal {}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= filter(self.0.max_level)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        // SAFETY: the text outlives the call, and `data` is what the host wants to have back.
        unsafe { (self.0.log)(self.0.data, Level(record.level() as u32), Bytes::of(text.as_bytes())) }
    }

    fn flush(&self) {}
}

fn filter(limit: Level) -> LevelFilter {
    match limit {
        Level::OFF => LevelFilter::Off,
        Level::ERROR => LevelFilter::Error,
        Level::WARN => LevelFilter::Warn,
        Level::INFO => LevelFilter::Info,
        Level::DEBUG => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    }
}
