//! A site on its way to a plugin.

use longhaul_core::sink::{SinkError, SinkErrorKind, Site};
use serde_json::{Map, Value, json};

/// The site as JSON: its folder, and what each placeholder stands for.
pub(crate) fn site_json(site: &Site) -> Result<String, SinkError> {
    let folder = site.folder();
    let folder = folder.to_str().ok_or_else(|| {
        let message =
            format!("the folder `{}` cannot be told to a plugin: its name is not UTF-8", folder.display());
        SinkError::new(SinkErrorKind::Config, message)
    })?;
    let values: Map<String, Value> =
        site.values().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(json!({ "folder": folder, "values": values }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_crosses_with_its_folder_and_its_values() {
        let site = Site::new("users", "/data").with("window.start", "20260101T000000Z");
        assert_eq!(
            site_json(&site).unwrap(),
            r#"{"folder":"/data","values":{"stream":"users","window.start":"20260101T000000Z"}}"#
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_no_text_is_refused() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

        let site = Site::new("users", OsStr::from_bytes(b"/d\xff"));
        assert_eq!(
            site_json(&site).unwrap_err().to_string(),
            "the folder `/d\u{fffd}` cannot be told to a plugin: its name is not UTF-8"
        );
    }
}
