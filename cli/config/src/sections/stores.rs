//! `[stores]`: the object stores that paths of sinks lead to.

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::values::{http_url::HttpUrl, secret::SecretSource};

/// The object stores that paths of sinks lead to.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stores {
    /// The store of paths that start with `s3://`.
    pub s3: Option<S3>,
}

/// The store of paths that start with `s3://`: Amazon S3, or one that speaks its protocol.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Access key. Without it and `secret_key`, the usual places are searched: `AWS_ACCESS_KEY_ID`, the profile, the
    /// container, the machine.
    pub access_key: Option<SecretSource>,
    /// Whether plain http to other machines is allowed. Without it, plain http is for this machine only.
    #[schemars(extend("x-default" = "`false`"))]
    pub allow_http: Option<bool>,
    /// URL of the store.
    #[serde(default, deserialize_with = "HttpUrl::optional")]
    #[schemars(with = "Option<HttpUrl>", extend("x-default" = "`AWS_ENDPOINT_URL_S3`, or Amazon's"))]
    pub endpoint: Option<Url>,
    /// Whether the bucket is the first part of the path, and not of the host name.
    #[schemars(extend("x-default" = "true where `endpoint` is set"))]
    pub path_style: Option<bool>,
    /// Region of the buckets.
    #[schemars(extend("x-default" = "`AWS_REGION`, that of the profile, or us-east-1"))]
    pub region: Option<String>,
    /// Secret key of `access_key`.
    pub secret_key: Option<SecretSource>,
    /// Session token of a temporary `access_key`.
    pub session_token: Option<SecretSource>,
}
