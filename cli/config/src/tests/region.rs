//! Regions without a preset.

use super::{Case, SMALL};

const NO_REGIONS: &str = "set `system` to a preset that has regions, or add a table `[regions]`";

#[test]
fn users_can_define_regions() {
    let case = Case::toml(
        &["region = \"b.example\"\n[regions]\na = \"a.example\"\nb = \"B.example\"\n", SMALL].concat(),
    );
    let case = case.set("api.base_url=https://api.{domain}/v1");
    assert_eq!(case.load().config.api.base_url.as_str(), "https://api.b.example/v1");
}

#[test]
fn a_region_without_regions_is_refused() {
    let error = Case::toml(&["region = \"us-west-2\"\n", SMALL].concat()).error();
    assert_eq!(error.to_string(), "`region`: no regions are configured");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:1"));
    assert_eq!(error.hint(), Some(NO_REGIONS));
    let error = Case::toml(&SMALL.replace("example.com", "{domain}")).error();
    assert_eq!(error.to_string(), "`api.base_url`: no regions are configured, so `{domain}` has no value");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:2"));
    assert_eq!(error.hint(), Some(NO_REGIONS));
    let refusal = Case::toml(&["region = 5\n[regions]\na = \"a.example\"\n", SMALL].concat()).refusal();
    assert_eq!(refusal.0, "`region`: expected text");
}
