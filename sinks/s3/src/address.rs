//! The addresses of buckets and objects.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// The characters of a key that a signature needs escaped: all but those that RFC 3986 §2.3 calls unreserved.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Where a store is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// The URL of the store. `None`: Amazon's, in the region.
    pub url: Option<Url>,
    /// The region that requests are signed for.
    pub region: String,
    /// Whether the bucket is the first part of the path. `None`: wherever it cannot be, or need not be, a part of the
    /// host name.
    pub path_style: Option<bool>,
}

/// Why an endpoint cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EndpointError {
    /// The region is not a part of a host name.
    #[error("the region is not a name such as `eu-central-1`")]
    Region,
    /// The bucket is not a part of a host name.
    #[error("the bucket is not a name such as `my-bucket`")]
    Bucket,
}

impl Endpoint {
    /// The URL of a bucket. It ends with `/`, and keys are below it.
    pub(crate) fn bucket(&self, bucket: &str) -> Result<Url, EndpointError> {
        if bucket.is_empty() || !bucket.bytes().all(|byte| is_of_name(byte) || matches!(byte, b'_' | b'.')) {
            return Err(EndpointError::Bucket);
        }
        let mut url = match &self.url {
            Some(url) => url.clone(),
            None => self.of_amazon()?,
        };
        // The certificates of a store are valid for one more label.
        let is_path_style = self.path_style.unwrap_or(self.url.is_some() || bucket.contains(['.', '_']));
        let base = url.path().trim_end_matches('/').to_owned();
        if is_path_style {
            url.set_path(&format!("{base}/{bucket}/"));
        } else {
            let host = format!("{bucket}.{}", url.host_str().unwrap_or_default());
            url.set_host(Some(&host)).map_err(|_| EndpointError::Bucket)?;
            url.set_path(&format!("{base}/"));
        }
        Ok(url)
    }

    fn of_amazon(&self) -> Result<Url, EndpointError> {
        let region = &self.region;
        if region.is_empty() || !region.bytes().all(is_of_name) {
            return Err(EndpointError::Region);
        }
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://s3.{region}.{domain}/").parse().map_err(|_| EndpointError::Region)
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// The URL of the object `key` in the bucket at `bucket`.
pub(crate) fn object(bucket: &Url, key: &str) -> Url {
    let mut url = bucket.clone();
    url.set_path(&format!("{}{}", bucket.path(), utf8_percent_encode(key, KEY)));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(endpoint: Option<&str>, region: &str, path_style: Option<bool>, bucket: &str) -> String {
        let url = endpoint.map(|url| url.parse().unwrap());
        let endpoint = Endpoint { url, region: region.to_owned(), path_style };
        endpoint.bucket(bucket).map_or_else(|error| error.to_string(), |url| object(&url, "a b/ü+c").into())
    }

    #[test]
    fn a_bucket_is_in_the_host_name_or_in_the_path() {
        let key = "a%20b/%C3%BC%2Bc";
        let of_amazon = |bucket| url(None, "eu-central-1", None, bucket);
        assert_eq!(of_amazon("data"), format!("https://data.s3.eu-central-1.amazonaws.com/{key}"));
        assert_eq!(of_amazon("my.data"), format!("https://s3.eu-central-1.amazonaws.com/my.data/{key}"));
        assert_eq!(
            url(None, "cn-north-1", Some(true), "data"),
            format!("https://s3.cn-north-1.amazonaws.com.cn/data/{key}")
        );
        let minio = Some("http://localhost:9000");
        assert_eq!(url(minio, "", None, "data"), format!("http://localhost:9000/data/{key}"));
        assert_eq!(
            url(Some("https://store.example/s3/"), "x", Some(false), "data"),
            format!("https://data.store.example/s3/{key}")
        );
    }

    #[test]
    fn what_is_no_name_is_an_error() {
        assert_eq!(url(None, "eu central", None, "data"), "the region is not a name such as `eu-central-1`");
        assert_eq!(url(None, "", None, "data"), "the region is not a name such as `eu-central-1`");
        for bucket in ["", "a/b", "a b", "ü", "a?"] {
            assert_eq!(url(None, "x", None, bucket), "the bucket is not a name such as `my-bucket`");
        }
    }
}
