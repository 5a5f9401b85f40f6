//! Where credentials come from, and when they are replaced.

use std::{
    ffi::OsString,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use longhaul_core::{Client, Origins, client::auth::Anonymous, object_store::ObjectStore};
use longhaul_s3::{CredentialSource, Environment, Profile};
use longhaul_tests::{FaultServer, ManualClock, Reply, S3Server, s3_error};
use url::Url;

use super::support::{after, bucket, bytes, chain, client};

fn environment(variables: &[(&str, &str)]) -> Environment {
    let owned: Vec<_> =
        variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    Environment::new(&owned)
}

fn connect(url: &Url) -> Client {
    client(&ManualClock::new())(Arc::new(Anonymous), Origins::of([url]))
}

fn find(variables: &[(&str, &str)]) -> Result<CredentialSource, String> {
    let environment = environment(variables);
    CredentialSource::find(&environment, &Profile::read(&environment).unwrap(), |url| Ok(connect(url)))
}

/// The access keys that the requests to `server` were signed with, and their session tokens.
fn used(server: &S3Server) -> Vec<(String, Option<String>)> {
    let key = |received: &longhaul_tests::Received| {
        let credential = received.query("X-Amz-Credential").unwrap();
        (credential.split('/').next().unwrap().to_owned(), received.query("X-Amz-Security-Token"))
    };
    server.received().iter().map(key).collect()
}

fn issued(number: usize, expiration: &str) -> Reply {
    Reply::json(format!(
        r#"{{"AccessKeyId":"KEY{number}","SecretAccessKey":"s{number}","Token":"t{number}+/=","Expiration":"{expiration}"}}"#
    ))
}

#[test]
fn the_environment_comes_first() {
    let server = S3Server::start();
    let source =
        find(&[("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "t")]);
    bucket(&server.url(), "data", source.unwrap()).put("k", "t", &bytes("x")).unwrap();
    assert_eq!(used(&server), [("E".to_owned(), Some("t".to_owned()))]);
    let half = find(&[("AWS_SECRET_ACCESS_KEY", "s")]).unwrap_err();
    assert_eq!(half, "`AWS_SECRET_ACCESS_KEY` is set, but `AWS_ACCESS_KEY_ID` is not");
}

#[test]
fn a_container_issues_credentials_until_they_expire() {
    let server = S3Server::start();
    let asked = Arc::new(AtomicUsize::new(0));
    let of_script = Arc::clone(&asked);
    let container = FaultServer::start(ManualClock::new(), move |received| {
        assert_eq!(received.header("authorization"), Some("the-token"));
        // The first ones expire too soon to be used again.
        let number = of_script.fetch_add(1, Ordering::SeqCst) + 1;
        let expiration = after(if number == 1 { 60 } else { 3600 });
        issued(number, &jiff::Timestamp::try_from(expiration).unwrap().to_string()).into()
    });
    let url = container.url().join("creds").unwrap();
    let source = find(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the-token"),
    ]);
    let store = bucket(&server.url(), "data", source.unwrap());
    for _ in 0..3 {
        store.put("k", "t", &bytes("x")).unwrap();
    }
    let used = used(&server);
    let keys: Vec<_> = used.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["KEY1", "KEY2", "KEY2"]);
    assert_eq!(used[1].1.as_deref(), Some("t2+/="));
}

#[test]
fn a_machine_issues_credentials_for_its_role() {
    let server = S3Server::start();
    let machine = FaultServer::start(ManualClock::new(), |received| {
        let is_authorized = received.header("x-aws-ec2-metadata-token") == Some("metadata-token");
        match received.url.path() {
            "/latest/api/token" if received.header("x-aws-ec2-metadata-token-ttl-seconds").is_some() => {
                Reply { body: b"metadata-token".to_vec(), ..Reply::status(200) }.into()
            }
            "/latest/meta-data/iam/security-credentials/" if is_authorized => {
                Reply { body: b"my-role\n".to_vec(), ..Reply::status(200) }.into()
            }
            "/latest/meta-data/iam/security-credentials/my-role" if is_authorized => {
                issued(7, "2099-01-01T00:00:00Z").into()
            }
            _ => Reply::status(401).into(),
        }
    });
    let source = find(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url().as_str())]);
    bucket(&server.url(), "data", source.unwrap()).put("k", "t", &bytes("x")).unwrap();
    assert_eq!(used(&server)[0].0, "KEY7");
}

#[test]
fn an_expired_token_is_replaced_and_the_request_sent_again() {
    let server = S3Server::with_faults(|received| {
        let is_old = received.query("X-Amz-Credential").is_some_and(|text| text.starts_with("KEY1/"));
        is_old.then(|| s3_error(400, "ExpiredToken", "The provided token has expired.").into())
    });
    let asked = AtomicUsize::new(0);
    let container = FaultServer::start(ManualClock::new(), move |_| {
        issued(asked.fetch_add(1, Ordering::SeqCst) + 1, "2099-01-01T00:00:00Z").into()
    });
    let source = find(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url().as_str())]);
    bucket(&server.url(), "data", source.unwrap()).put("k", "t", &bytes("x")).unwrap();
    let keys: Vec<_> = used(&server).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["KEY1", "KEY2"]);
}

#[test]
fn without_credentials_the_places_are_named() {
    let server = S3Server::start();
    let error = |source: CredentialSource| {
        let store = bucket(&server.url(), "data", source);
        chain(&store.put("k", "t", &bytes("x")).unwrap_err(), &server.url())
    };
    assert_eq!(
        error(find(&[("AWS_EC2_METADATA_DISABLED", "true")]).unwrap()),
        "there are no credentials for http://store: neither `stores.s3`, nor `AWS_ACCESS_KEY_ID`, nor a profile has \
         credentials, and instance metadata is turned off"
    );
    let machine = FaultServer::start(ManualClock::new(), |_| Reply::status(404).into());
    let source = find(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url().as_str())]);
    assert_eq!(
        error(source.unwrap()).lines().next().unwrap(),
        "cannot get credentials for http://store from this machine's metadata (set them in `stores.s3`)"
    );
    assert_eq!(
        find(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/")]).unwrap_err(),
        "`AWS_CONTAINER_CREDENTIALS_FULL_URI` is not an `https` URL, nor one of this machine"
    );
    assert_eq!(server.received().len(), 0);
}
