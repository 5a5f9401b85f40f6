//! Standard output, or what stands in for it.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// The writer behind the sink `stdout`, shared by all pulls that go there.
#[derive(Clone)]
pub struct Stdout(Arc<Mutex<dyn Write + Send>>);

impl Stdout {
    /// The standard output of the process.
    pub fn of_process() -> Self {
        Self::to(io::stdout())
    }

    /// `writer` in place of it.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    /// Writes `bytes` in one piece, and past every buffer: who reads the pipe sees whole pages, at once.
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
