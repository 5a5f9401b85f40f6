//! The sinks as the engine meets them: found in the registry, configured, opened.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without makes it fail")]

mod compressed;
mod conformance;
mod csv;
mod faults;
mod files;
mod hostile;
mod options;
mod preview;
mod programs;
mod stdout;
mod support;
mod union;
