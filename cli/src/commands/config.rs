//! `longhaul config`: the configuration, and where each value comes from.

use crate::{commands::print, exit::Exit, session::Session, terminal::failure::Failure};

/// Prints every value and where it comes from. Secrets are `***`.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    print(&session.loaded.listing())
}
