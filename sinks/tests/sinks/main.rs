//! The sinks as the engine uses them: found in the registry, configured, opened.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod appending;
mod changed_parts;
mod compressed;
mod conformance;
mod csv;
mod faults;
mod files;
mod hostile;
mod numbered;
mod object_paths;
mod objects;
mod options;
mod preview;
mod programs;
#[cfg(unix)]
mod singer;
mod staged;
mod stdout;
mod support;
mod truncated;
mod union;
