//! `longhaul systems`.

use crate::folder::Folder;

#[test]
fn systems_lists_the_presets_without_a_configuration() {
    let ended = Folder::empty().run("systems");
    let listing = &ended.assert_complete().stdout;
    let names: Vec<_> = listing.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        names,
        [
            "cxone",
            "genesys",
            "github",
            "hubspot",
            "jira",
            "microsoft_graph",
            "salesforce",
            "servicenow",
            "shopify",
            "slack",
            "stripe",
            "talkdesk",
            "zendesk"
        ]
    );
    assert!(
        listing.contains(
            "\nhubspot\n  HubSpot: contacts, companies, deals and tickets\n  \
             https://developers.hubspot.com/docs/guides/crm/using-object-apis\n  \
             streams: contacts, companies, deals, tickets, owners\n  variables: HUBSPOT_ACCESS_TOKEN (auth.token)\n"
        ),
        "{listing}"
    );
    assert!(listing.contains("\n  set api.base_url, such as https://acme.zendesk.com\n"), "{listing}");
    // Those of Genesys Cloud have tests of their own.
    let tested = include_str!("mod.rs");
    for name in names.into_iter().filter(|name| *name != "genesys") {
        assert!(tested.contains(&format!("mod {name};")), "no test of {name}");
    }
}

#[test]
fn a_misspelt_name_gets_a_suggestion() {
    let ended = Folder::configured("system = \"zendsk\"\n").run("run");
    assert_eq!(ended.code, Some(2));
    let error = ended.last_error();
    let first = "error: `system`: unknown preset `zendsk` (did you mean `zendesk`?)\n  in: longhaul.toml:1\n\
                 hint: longhaul systems lists the built-in presets: `cxone`, `genesys`, ";
    assert!(error.starts_with(first), "{error}");
}
