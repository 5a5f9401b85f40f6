//! Standard output, or a writer in its place.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// The writer of the sink `stdout`, shared by all pulls that write to it.
#[derive(Clone)]
pub struct Stdout(Arc<Mutex<dyn Write + Send>>);

impl Stdout {
    /// The standard output of the process.
    pub fn of_process() -> Self {
        Self::to(io::stdout())
    }

    /// Writes to `writer` in place of standard output.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    /// Writes `bytes` at once and flushes, so that the reader of a pipe receives whole pages without delay.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(bytes)?;
        writer.flush()
    }
}

impl fmt::Debug for Stdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stdout")
    }
}
