//! Presets of users.

use super::{Case, SMALL};
use crate::{Style, systems};

/// A preset for a system with a listing and an export.
const CRM: &str = "\
[api]
base_url = \"https://api.{domain}\"
[auth]
type = \"token\"
[environment]
CRM_TOKEN = \"auth.token\"
OLD_CRM_TOKEN = \"auth.token\"
[regions]
Europe = \"eu.example\"
[streams.contacts]
path = \"/contacts\"
pages = { type = \"page_number\", param = \"page\" }
[streams.calls]
path = \"/calls\"
sinks = [\"calls\"]
window = {}
";

fn case(longhaul: &str) -> Case {
    let case = Case::new().file("conf/crm.toml", CRM).file("conf/longhaul.toml", longhaul);
    case.naming(&["conf/longhaul.toml"]).variable("CRM_TOKEN", "007")
}

fn crm() -> Case {
    case("system = \"crm.toml\"\nregion = \"EUROPE\"\n")
}

#[test]
fn a_file_is_named_relative_to_the_file_that_names_it() {
    let crm = crm();
    let loaded = crm.load();
    assert_eq!(loaded.config.api.base_url.as_str(), "https://api.eu.example/");
    assert_eq!(
        loaded.origin_of("api.base_url").to_string(),
        format!("{}:2", crm.path("conf/crm.toml").display())
    );
    assert_eq!(loaded.origin_of("auth.token").to_string(), "environment variable CRM_TOKEN");
    assert!(loaded.streams().is_empty());
    assert_eq!(loaded.all_streams().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["contacts", "calls"]);
    let loaded = case("region = \"eu.example\"").variable("LONGHAUL_SYSTEM", "./conf/crm.toml").load();
    assert_eq!(loaded.config.api.base_url.as_str(), "https://api.eu.example/");
}

#[test]
fn only_streams_that_run_must_be_complete() {
    let loaded = crm().load();
    loaded.stream("contacts").unwrap();
    assert_eq!(loaded.stream("calls").unwrap_err().to_string(), "`streams.calls.window.from` is missing");
    let loaded = crm().set("streams.contacts.query.all=1").load();
    assert_eq!(loaded.streams().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["contacts"]);
    let error = crm().set("streams.calls.window.from=now-1d").error();
    assert_eq!(error.to_string(), "`streams.calls.sinks`: unknown sink `calls`");
    let error = loaded.stream("contact").unwrap_err();
    assert_eq!(error.to_string(), "unknown stream `contact` (did you mean `contacts`?)");
    assert_eq!(error.hint(), Some("longhaul streams lists the configured streams"));
}

#[test]
fn another_type_of_pages_inherits_nothing() {
    let pages = "pages = { type = \"next_url\", next = \"/next\" }\n";
    let loaded =
        case(&format!("system = \"crm.toml\"\nregion = \"Europe\"\n[streams.contacts]\n{pages}")).load();
    assert!(matches!(loaded.config.streams["contacts"].pages.style, Style::NextUrl { .. }));
    assert!(!loaded.listing().contains("streams.contacts.pages.param"));
    let loaded = crm().set("streams.contacts.pages.start=0").load();
    let Style::PageNumber { start, .. } = loaded.config.streams["contacts"].pages.style else { panic!() };
    assert_eq!(start, 0);
}

#[test]
fn the_listing_shows_the_values_of_the_preset() {
    let crm = crm();
    let path = crm.path("conf/crm.toml");
    let listing = crm.load().listing();
    for line in [
        format!("api.base_url = \"https://api.eu.example\"  # {}:2", path.display()),
        "auth.token = \"***\"  # environment variable CRM_TOKEN".to_owned(),
        format!("environment.CRM_TOKEN = \"auth.token\"  # {}:6", path.display()),
        "region = \"EUROPE\"  # conf/longhaul.toml:2".to_owned(),
        "system = \"crm.toml\"  # conf/longhaul.toml:1".to_owned(),
    ] {
        assert!(listing.lines().any(|shown| shown == line), "{line} is not in {listing}");
    }
    let embedded = ["system = \"genesys\"\n", SMALL].concat();
    let listing = Case::toml(&embedded).load().listing();
    assert!(
        listing.contains("rate.headers.limit = \"inin-ratelimit-allowed\"  # preset genesys:"),
        "{listing}"
    );
}

#[test]
fn unknown_presets() {
    let error = case("system = \"genesis\"").error();
    assert_eq!(error.to_string(), "`system`: unknown preset `genesis` (did you mean `genesys`?)");
    assert_eq!(error.where_written().as_deref(), Some("conf/longhaul.toml:1"));
    let known: Vec<_> = systems().iter().map(|system| format!("`{}`", system.name)).collect();
    let hint = format!(
        "longhaul systems lists the built-in presets: {}; for a file of your own, write its path, such as `./crm.toml`",
        known.join(", ")
    );
    assert_eq!(error.hint(), Some(&*hint));
    let refusal = case("system = \"./crn.toml\"").refusal();
    assert_eq!(
        refusal,
        ("`system`: the preset `./crn.toml` does not exist".to_owned(), "conf/longhaul.toml:1".to_owned())
    );
    let refusal = case("system = \"./crm\"").refusal();
    assert!(
        refusal.0.ends_with("/crm` does not end in `.toml`, `.yaml`, `.yml` or `.json`"),
        "{}",
        refusal.0
    );
    assert_eq!(case("system = 5").refusal().0, "`system`: expected text");
    let case = case("system = \"longhaul.toml\"");
    let place = format!("{}:1", case.path("conf/longhaul.toml").display());
    assert_eq!(case.refusal(), ("`system`: a preset cannot use another preset".to_owned(), place));
}

#[test]
fn variables_must_have_known_keys() {
    let refusal = |table: &str| Case::small(table).refusal();
    assert_eq!(
        refusal("[environment]\nCRM_ID = \"auth.client_idd\""),
        (
            "`environment.CRM_ID`: `auth.client_idd` is not a key (did you mean `client_id`?)".to_owned(),
            "longhaul.toml:6".to_owned()
        )
    );
    assert_eq!(refusal("[environment]\nCRM_ID = \"auth\"").0, "`environment.CRM_ID`: `auth` is not a key");
    let case = Case::toml(SMALL).set("environment.CRM_ID=auth.client_id");
    assert_eq!(
        case.refusal(),
        ("`environment.CRM_ID` can only be set in a file".to_owned(), "--set environment.CRM_ID".to_owned())
    );
}

#[test]
fn two_variables_for_one_key_must_agree() {
    let loaded = crm().variable("OLD_CRM_TOKEN", "007").load();
    assert_eq!(loaded.origin_of("auth.token").to_string(), "environment variable CRM_TOKEN");
    assert_eq!(
        crm().variable("OLD_CRM_TOKEN", "008").refusal(),
        (
            "the environment variables `CRM_TOKEN` and `OLD_CRM_TOKEN` both set `auth.token`".to_owned(),
            "environment variable OLD_CRM_TOKEN".to_owned()
        )
    );
}

/// A preset for a system whose address and listings are named after the customer.
const SHOP: &str = "\
[about]
needs = { \"api.base_url\" = \"https://acme.shop.example\", \"streams.orders.path\" = \"/shops/acme/orders\" }
[auth]
type = \"none\"
[environment]
SHOP_URL = \"api.base_url\"
[streams.orders]
path = \"/shops/SHOP/orders\"
[streams.users]
path = \"/users\"
";

fn shop(more: &str) -> Case {
    let text = ["system = \"shop.toml\"\n", more].concat();
    Case::new().file("shop.toml", SHOP).file("longhaul.toml", text)
}

#[test]
fn what_only_the_user_can_set_is_missing_with_an_example() {
    let error = shop("").error();
    assert_eq!(error.to_string(), "`api.base_url` is missing");
    assert_eq!(
        error.hint(),
        Some(
            "add it to a configuration file, or set one of the environment variables `SHOP_URL`, \
             `LONGHAUL_API__BASE_URL`; for example `https://acme.shop.example`"
        )
    );
    let loaded = shop("").variable("SHOP_URL", "https://mine.shop.example").load();
    assert_eq!(loaded.config.api.base_url.as_str(), "https://mine.shop.example/");
    loaded.stream("users").unwrap();
    let error = loaded.stream("orders").unwrap_err();
    assert_eq!(error.to_string(), "`streams.orders.path` is missing");
    assert_eq!(
        error.hint(),
        Some(
            "add it to a configuration file, or set the environment variable `LONGHAUL_STREAMS__ORDERS__PATH`; \
             for example `/shops/acme/orders`"
        )
    );
    let extended = shop("streams.orders.sinks = []\n").variable("SHOP_URL", "https://mine.shop.example");
    assert_eq!(
        extended.refusal(),
        ("`streams.orders.path` is missing".to_owned(), "longhaul.toml:2".to_owned())
    );
    let own = shop("streams.orders.path = \"/shops/mine/orders\"\n");
    own.variable("SHOP_URL", "https://mine.shop.example").load().stream("orders").unwrap();
}
