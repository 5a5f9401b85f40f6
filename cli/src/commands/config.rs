//! `longhaul config`: the effective configuration.

use crate::{commands::print, exit::Exit, session::Session, terminal::failure::Failure};

/// Prints every value with the place it comes from; secrets as `***`.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    print(&session.loaded.listing())
}
