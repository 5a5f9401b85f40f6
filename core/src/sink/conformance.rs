//! The contract of a sink, as functions.
