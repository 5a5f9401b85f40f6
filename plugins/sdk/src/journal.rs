//! The library's log and its panics, on their way to the host.
//!
//! A shared library has a standard library of its own, and with it a logger and a panic hook of its own. Both are
//! global by nature, which is why this is the one place with a static.

use std::{panic, sync::OnceLock};

use log::{Level, LevelFilter, Log, Metadata, Record};
use longhaul_plugin_abi::{self as abi, Bytes, Host};

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
        // Other crates speak of connections and buffers at the lower levels, and so of credentials.
        let is_wiretap = metadata.level() >= Level::Debug && !metadata.target().starts_with("longhaul");
        metadata.level() <= filter(self.0.max_level) && !is_wiretap
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        // SAFETY: the text outlives the call, and `data` is what the host wants to have back.
        unsafe { (self.0.log)(self.0.data, abi::Level(record.level() as u32), Bytes::of(text.as_bytes())) }
    }

    fn flush(&self) {}
}

fn filter(limit: abi::Level) -> LevelFilter {
    match limit {
        abi::Level::OFF => LevelFilter::Off,
        abi::Level::ERROR => LevelFilter::Error,
        abi::Level::WARN => LevelFilter::Warn,
        abi::Level::INFO => LevelFilter::Info,
        abi::Level::DEBUG => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, ffi::c_void, slice};

    use super::*;

    /// What a host is told by a library whose log says these things, under their targets and levels.
    fn told(max_level: abi::Level, said: &[(&str, Level)]) -> Vec<(u32, String)> {
        unsafe extern "C" fn take(data: *mut c_void, level: abi::Level, text: Bytes) {
            // SAFETY: `data` is the list below, and the text is lent for this call.
            let (lines, text) = unsafe {
                (&*data.cast::<RefCell<Vec<(u32, String)>>>(), slice::from_raw_parts(text.ptr, text.len))
            };
            lines.borrow_mut().push((level.0, String::from_utf8(text.to_vec()).unwrap()));
        }
        let lines = RefCell::new(Vec::new());
        let host = Box::leak(Box::new(Host {
            size: 0,
            max_level,
            data: (&raw const lines).cast_mut().cast(),
            log: take,
        }));
        for (target, level) in said {
            Journal(host)
                .log(&Record::builder().target(target).level(*level).args(format_args!("{target}")).build());
        }
        lines.take()
    }

    #[test]
    fn the_log_goes_to_the_host_as_far_as_it_wants_it() {
        let said = [("longhaul_sink_x", Level::Error), ("longhaul_sink_x::y", Level::Info)];
        let said = [said, [("longhaul_sink_x", Level::Debug), ("longhaul_sink_x", Level::Trace)]].concat();
        assert_eq!(told(abi::Level::OFF, &said), []);
        let heard = [(1, "longhaul_sink_x".to_owned()), (3, "longhaul_sink_x::y".to_owned())];
        assert_eq!(told(abi::Level::WARN, &said), heard[..1]);
        assert_eq!(told(abi::Level::INFO, &said), heard);
        assert_eq!(told(abi::Level::TRACE, &said).len(), 4);
        assert_eq!(told(abi::Level(99), &said).len(), 4);
    }

    #[test]
    fn other_crates_are_not_heard_where_they_would_write_down_what_is_sent() {
        let said = [
            ("http_client", Level::Warn),
            ("http_client", Level::Info),
            ("http_client", Level::Debug),
            ("http_client", Level::Trace),
        ];
        let heard = [(2, "http_client".to_owned()), (3, "http_client".to_owned())];
        assert_eq!(told(abi::Level::TRACE, &said), heard);
    }
}
