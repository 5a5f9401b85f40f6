//! Sends the log and the panics of the library to the host.
//!
//! A shared library has its own standard library, and so its own logger and panic hook. Both are global, so this
//! module needs a static.

use std::{panic, sync::OnceLock};

use log::{Level, LevelFilter, Log, Metadata, Record};
use longhaul_plugin_abi::{self as abi, Bytes, Host};

use crate::reply::panic_text;

static LOGGER: OnceLock<HostLogger> = OnceLock::new();

/// Sends the log of this library to the host. Only the first call has an effect.
///
/// # Safety
/// `host` points to a [`Host`] that stays valid until the process ends.
pub(crate) unsafe fn install(host: *const Host) {
    // SAFETY: the caller guarantees a valid host that is never freed.
    let host: &'static Host = unsafe { &*host };
    if LOGGER.set(HostLogger(host)).is_err() {
        return;
    }
    if let Some(logger) = LOGGER.get()
        && log::set_logger(logger).is_ok()
    {
        log::set_max_level(filter(host.max_level));
    }
    // The default hook prints to standard error, which would disturb the host's progress bar.
    panic::set_hook(Box::new(|panicked| {
        let location = panicked.location().map(|location| format!(" at {location}")).unwrap_or_default();
        log::error!("panicked{location}: {}", panic_text(panicked.payload()));
    }));
}

#[derive(Debug)]
struct HostLogger(&'static Host);

// SAFETY: the contract of `Host` allows its function to be called from any thread, and nothing writes to it.
unsafe impl Send for HostLogger {}
// SAFETY: as above.
unsafe impl Sync for HostLogger {}

impl Log for HostLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The lower levels of other crates log connections and buffers, and so credentials.
        let may_contain_secrets =
            metadata.level() >= Level::Debug && !metadata.target().starts_with("longhaul");
        metadata.level() <= filter(self.0.max_level) && !may_contain_secrets
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        // SAFETY: the text outlives the call, and `data` is the host's own.
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

    /// The lines that a host receives when a library logs these, each with its target and level.
    fn received(max_level: abi::Level, logged: &[(&str, Level)]) -> Vec<(u32, String)> {
        unsafe extern "C" fn collect(data: *mut c_void, level: abi::Level, text: Bytes) {
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
            log: collect,
        }));
        for (target, level) in logged {
            HostLogger(host)
                .log(&Record::builder().target(target).level(*level).args(format_args!("{target}")).build());
        }
        lines.take()
    }

    #[test]
    fn the_host_receives_lines_up_to_its_level() {
        let logged = [("longhaul_sink_x", Level::Error), ("longhaul_sink_x::y", Level::Info)];
        let logged =
            [logged, [("longhaul_sink_x", Level::Debug), ("longhaul_sink_x", Level::Trace)]].concat();
        assert_eq!(received(abi::Level::OFF, &logged), []);
        let expected = [(1, "longhaul_sink_x".to_owned()), (3, "longhaul_sink_x::y".to_owned())];
        assert_eq!(received(abi::Level::WARN, &logged), expected[..1]);
        assert_eq!(received(abi::Level::INFO, &logged), expected);
        assert_eq!(received(abi::Level::TRACE, &logged).len(), 4);
        assert_eq!(received(abi::Level(99), &logged).len(), 4);
    }

    #[test]
    fn other_crates_do_not_log_at_levels_that_may_contain_secrets() {
        let logged = [
            ("http_client", Level::Warn),
            ("http_client", Level::Info),
            ("http_client", Level::Debug),
            ("http_client", Level::Trace),
        ];
        let expected = [(2, "http_client".to_owned()), (3, "http_client".to_owned())];
        assert_eq!(received(abi::Level::TRACE, &logged), expected);
    }
}
