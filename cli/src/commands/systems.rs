//! `longhaul systems`: the built-in presets.

use std::fmt::{self, Write};

use crate::{
    commands::print_text,
    config::{System, systems},
    exit::Exit,
    terminal::failure::Failure,
};

/// Prints the built-in presets. No configuration is needed.
pub(crate) fn execute() -> Result<Exit, Failure> {
    let mut text = String::new();
    for system in systems() {
        // Writing to a string does not fail.
        let _ = describe(&mut text, &system);
    }
    print_text(&text)
}

fn describe(text: &mut String, system: &System) -> fmt::Result {
    writeln!(text, "{}\n  {}\n  {}", system.name, system.summary, system.documentation)?;
    writeln!(text, "  streams: {}", system.streams.join(", "))?;
    for (key, example) in &system.needs {
        writeln!(text, "  set {key}, such as {example}")?;
    }
    let variables = system.variables.iter().map(|(name, key)| format!("{name} ({key})"));
    writeln!(text, "  variables: {}", variables.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_says_what_it_is_and_what_to_set() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let system = System {
            name: "crm",
            summary: "the CRM".to_owned(),
            documentation: "https://crm.example/docs".to_owned(),
            needs: vec![pair("api.base_url", "https://acme.crm.example")],
            variables: vec![pair("CRM_URL", "api.base_url"), pair("CRM_TOKEN", "auth.token")],
            streams: vec!["users".to_owned(), "calls".to_owned()],
        };
        let mut text = String::new();
        describe(&mut text, &system).unwrap();
        assert_eq!(
            text,
            "crm\n  the CRM\n  https://crm.example/docs\n  streams: users, calls\n  \
             set api.base_url, such as https://acme.crm.example\n  \
             variables: CRM_URL (api.base_url), CRM_TOKEN (auth.token)\n"
        );
    }
}
