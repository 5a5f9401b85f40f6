//! What a person reads when a store refuses a request.

use longhaul_core::object_store::ObjectStore;
use longhaul_s3::CredentialSource;
use longhaul_tests::{Reaction, Reply, S3Server, s3_error};

use super::support::{bucket, bytes, chain, keys, store};

/// The error of writing an object to a store that answers every request like this.
fn refusal(reply: Reply) -> String {
    let server = S3Server::with_faults(move |_| Some(Reaction::Reply(reply.clone())));
    chain(&store(&server).put("k", "t", &bytes("x")).unwrap_err(), &server.url())
}

#[test]
fn every_mistake_has_its_cause_and_its_cure() {
    assert_eq!(
        refusal(s3_error(403, "AccessDenied", "Access Denied")),
        "access to the bucket `data` is denied (the credentials need the permission `s3:PutObject`)\n\
         the store answered 403: `AccessDenied`: Access Denied"
    );
    assert_eq!(
        refusal(s3_error(404, "NoSuchBucket", "The specified bucket does not exist")),
        "there is no bucket `data` at http://store (create it, or correct its name)\n\
         the store answered 404: `NoSuchBucket`: The specified bucket does not exist"
    );
    assert_eq!(
        refusal(s3_error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist.")),
        "http://store does not know the access key (correct it, or `endpoint`)\n\
         the store answered 403: `InvalidAccessKeyId`: The AWS Access Key Id you provided does not exist."
    );
    assert_eq!(
        refusal(s3_error(403, "SignatureDoesNotMatch", "The signature does not match.")),
        "the secret key does not belong to the access key\n\
         the store answered 403: `SignatureDoesNotMatch`: The signature does not match."
    );
    assert_eq!(
        refusal(s3_error(400, "InvalidToken", "The provided token is malformed.")),
        "the session token does not belong to the access key\n\
         the store answered 400: `InvalidToken`: The provided token is malformed."
    );
    assert_eq!(
        refusal(s3_error(400, "ExpiredToken", "The provided token has expired.")),
        "the session token has expired (get a new one)"
    );
    assert_eq!(
        refusal(s3_error(400, "InvalidArgument", "No.")),
        "http://store refuses the request\nthe store answered 400: `InvalidArgument`: No."
    );
    assert_eq!(refusal(Reply::status(404)), "http://store refuses the request\nthe store answered 404");
}

#[test]
fn a_bucket_in_another_region_is_named_with_it() {
    let elsewhere =
        "the bucket `data` is in the region `eu-west-1`, not in `us-east-1` (set `stores.s3.region`)";
    assert_eq!(refusal(Reply::status(301).header("x-amz-bucket-region", "eu-west-1")), elsewhere);
    let moved = s3_error(301, "PermanentRedirect", "Use another endpoint.")
        .header("x-amz-bucket-region", "eu-west-1");
    let said = "the store answered 301: `PermanentRedirect`: Use another endpoint.";
    assert_eq!(refusal(moved), format!("{elsewhere}\n{said}"));
    let reply = s3_error(400, "AuthorizationHeaderMalformed", "The region 'us-east-1' is wrong.");
    let body = String::from_utf8(reply.body.clone())
        .unwrap()
        .replace("</Error>", "<Region>eu-west-1</Region></Error>");
    let said = "the store answered 400: `AuthorizationHeaderMalformed`: The region 'us-east-1' is wrong.";
    assert_eq!(refusal(Reply { body: body.into_bytes(), ..reply }), format!("{elsewhere}\n{said}"));
    assert_eq!(
        refusal(Reply::status(301)),
        "the bucket `data` is not at http://store (set `stores.s3.endpoint`)"
    );
}

#[test]
fn a_wrong_clock_is_named_with_both_times() {
    for (code, message) in [
        ("RequestTimeTooSkewed", "The difference is too large."),
        ("AccessDenied", "Request has expired"),
        ("AccessDenied", "Request is not yet valid"),
        ("AccessDenied", "Request is not valid yet"),
    ] {
        let reply = s3_error(403, code, message).header("date", "Fri, 31 Dec 1999 12:20:00 GMT");
        let said = format!("the store answered 403: `{code}`: {message}");
        assert_eq!(
            refusal(reply.clone()),
            format!(
                "the clock of this machine is wrong: here it is Fri, 31 Dec 1999 12:00:00 GMT, and at http://store Fri, 31 \
                 Dec 1999 12:20:00 GMT (set the clock)\n{said}"
            )
        );
        // It is found before anything is pulled.
        let server = S3Server::with_faults(move |_| Some(Reaction::Reply(reply.clone())));
        assert!(store(&server).check().is_err());
    }
}

#[test]
fn a_store_that_does_not_recover_is_given_up() {
    assert_eq!(
        refusal(s3_error(503, "SlowDown", "Please reduce your request rate.")),
        "http://store did not take the request\n`PUT http://store/data/k` failed 3 times\n\
         the server answered 503 Service Unavailable"
    );
    let server = S3Server::with_faults(|_| Some(Reaction::Close));
    assert_eq!(
        chain(&store(&server).put("k", "t", &bytes("x")).unwrap_err(), &server.url())
            .lines()
            .take(3)
            .collect::<Vec<_>>()
            .join("\n"),
        "http://store did not take the request\n`PUT http://store/data/k` failed 3 times\n\
         the connection closed before the answer was complete"
    );
}

#[test]
fn a_bucket_is_checked_once_and_need_not_be_listed() {
    let server = S3Server::start();
    let missing = bucket(&server.url(), "other", CredentialSource::fixed(keys()));
    assert_eq!(
        chain(&missing.check().unwrap_err(), &server.url()).lines().next().unwrap(),
        "there is no bucket `other` at http://store (create it, or correct its name)"
    );
    let found = store(&server);
    found.check().unwrap();
    let requests = server.received().len();
    found.check().unwrap();
    assert_eq!(server.received().len(), requests);
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented")] {
        let denied = S3Server::with_faults(move |_| Some(s3_error(status, code, "No.").into()));
        store(&denied).check().unwrap();
    }
}
