//! The fake API, tested with the official SDK of the platform.
//!
//! The test needs Python with the package `PureCloudPlatformClientV2`. It uses the program in `LONGHAUL_TEST_PYTHON`, or
//! `python3`. Without the package it prints `skipped` and passes.

use std::{
    env,
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use longhaul_core::clock::{Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};

const PACKAGE: &str = "PureCloudPlatformClientV2";

/// The Python program that has the package, or what is missing.
fn python() -> Result<String, &'static str> {
    let python = env::var("LONGHAUL_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let import =
        ["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"];
    let mut probe = Command::new(&python);
    let found = probe.args(import).arg(PACKAGE).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Ok(python),
        Ok(_) => Err(PACKAGE),
        Err(_) => Err("Python"),
    }
}

#[test]
fn the_official_sdk_reads_every_stream_into_its_models() {
    let python = match python() {
        Ok(python) => python,
        Err(missing) => return writeln!(io::stderr(), "skipped: {missing}").unwrap(),
    };
    // The SDK does not renew a token of client credentials.
    let settings =
        Settings { records: 730, token_lifetime: Duration::from_secs(3600), ..Settings::default() };
    let clock = Arc::new(SystemClock::new(Interrupt::default()));
    let api = FakeApi::start(settings.clone(), clock).unwrap();
    // The SDK reads its configuration from the home directory.
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/genesys.py"))
        .env("HOME", home.path())
        .env("GENESYS_BASE_URL", api.base_url())
        .env("GENESYS_CLIENT_ID", &settings.client_id)
        .env("GENESYS_CLIENT_SECRET", &settings.client_secret)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let printed = String::from_utf8(output.stdout).unwrap();
    let counts = printed.trim_end().strip_prefix("sdk: ok ").unwrap_or_else(|| panic!("{printed}"));
    let (known, audits) = counts.rsplit_once(" audits=").unwrap();
    assert_eq!(
        known,
        "users=120 queues=12 skills=14 wrapupcodes=8 groups=9 divisions=3 presences=13 definitions=13 \
         scim=120 queried=730 conversations=730 statuses=120"
    );
    assert!((1..600).contains(&audits.parse::<u32>().unwrap()), "{audits}");
    assert_eq!((api.stats().jobs_submitted, api.stats().tokens_issued), (3, 1));
}
