//! The variables of a pull as JSON.

use longhaul_core::sink::{SinkError, SinkErrorKind, Variables};
use serde_json::{Map, Value, json};

/// The variables as JSON: the folder, and the value of each placeholder.
pub(crate) fn variables_json(variables: &Variables) -> Result<String, SinkError> {
    let folder = variables.folder();
    let folder = folder.to_str().ok_or_else(|| {
        let message =
            format!("cannot pass the folder `{}` to a plugin: its path is not UTF-8", folder.display());
        SinkError::new(SinkErrorKind::Config, message)
    })?;
    let values: Map<String, Value> =
        variables.values().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(json!({ "folder": folder, "values": values }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_a_folder_and_values() {
        let variables = Variables::new("users", "/data").with("window.start", "20260101T000000Z");
        assert_eq!(
            variables_json(&variables).unwrap(),
            r#"{"folder":"/data","values":{"stream":"users","window.start":"20260101T000000Z"}}"#
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_not_utf8_is_rejected() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

        let variables = Variables::new("users", OsStr::from_bytes(b"/d\xff"));
        assert_eq!(
            variables_json(&variables).unwrap_err().to_string(),
            "cannot pass the folder `/d\u{fffd}` to a plugin: its path is not UTF-8"
        );
    }
}
