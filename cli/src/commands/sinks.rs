//! `longhaul sinks`: where records can go.

use std::fmt::Write;

use longhaul_core::sink::SinkType;

use crate::{commands::print, exit::Exit, failure::Failure, report::Chain, session::Session, wire};

/// Prints the built-in sinks and the plugins that are found.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    let mut text = String::new();
    for (name, sink_type) in wire::registry().iter() {
        describe(&mut text, name, "built in", sink_type);
    }
    for (name, plugin) in session.plugins()?.list().map_err(Failure::usage)? {
        match plugin {
            Ok(plugin) => {
                let place = format!("plugin {}, {}", plugin.version(), plugin.library().display());
                describe(&mut text, &name, &place, &plugin);
            }
            // Writing to a string does not fail.
            Err(error) => drop(writeln!(text, "{name}\n  cannot be used: {}", Chain(&error))),
        }
    }
    print(&text)
}

fn describe(text: &mut String, name: &str, place: &str, sink_type: &dyn SinkType) {
    let options = sink_type.options().join(", ");
    let _ = writeln!(text, "{name}\n  {}\n  options: {options}\n  {place}", sink_type.summary());
}
