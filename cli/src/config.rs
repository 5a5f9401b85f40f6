//! The configuration, loaded from all its layers. It is a crate of its own, so that changing a command does not compile it
//! again.

pub(crate) use longhaul_config::*;
