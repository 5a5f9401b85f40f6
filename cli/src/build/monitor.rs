//! Builds the transport to a monitor of runs.

use std::{sync::Arc, time::Duration};

use longhaul_core::http::transport::{Settings, SetupError, Tls, Transport, UreqTransport};
use url::Url;

/// A transport for short requests to `url`. Each takes at most `limit`. It depends on no configuration, because
/// a monitor is also told that the configuration is wrong.
pub(crate) fn monitor(url: &Url, limit: Duration) -> Result<Arc<dyn Transport>, SetupError> {
    let settings = Settings {
        connect_timeout: limit,
        timeout: limit,
        idle_timeout: limit,
        max_time: limit,
        max_body: 1 << 20,
        tls: if url.scheme() == "http" { Tls::Unused } else { Tls::Used },
        ..Settings::default()
    };
    Ok(Arc::new(UreqTransport::new(&settings)?))
}
