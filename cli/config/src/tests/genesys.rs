//! The preset for Genesys Cloud.

use std::collections::BTreeSet;

use longhaul_core::{
    client::answer::{StatusMatch, Then},
    listing::paginate::Parameter,
};

use super::Case;
use crate::{Answer, Auth, Body, ClientAuth, Loaded, Stream, Style};

/// The region names and domains that the vendor's own tools know.
const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("us-west-2", "usw2.pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("eu-west-1", "mypurecloud.ie"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("eu-central-1", "mypurecloud.de"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
    ("me-central-1", "mec1.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("ap-southeast-2", "mypurecloud.com.au"),
];

/// The smallest configuration: three lines, and the credentials in the environment.
fn minimal() -> Case {
    Case::toml("system = \"genesys\"\nregion = \"us-west-2\"\nstreams.users.sinks = [\"stdout\"]\n")
        .variable("GENESYS_CLIENT_ID", "007")
        .variable("GENESYS_CLIENT_SECRET", "[a,b]")
}

fn names(streams: Vec<(&str, &Stream)>) -> Vec<String> {
    streams.into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn addresses(loaded: &Loaded) -> (String, String) {
    let token_url = loaded.config.auth.grant().unwrap().token_url.to_string();
    (loaded.config.api.base_url.to_string(), token_url)
}

#[test]
fn three_lines_and_two_variables_are_enough() {
    let loaded = minimal().load();
    let config = &loaded.config;
    assert_eq!(
        addresses(&loaded),
        ("https://api.usw2.pure.cloud/".to_owned(), "https://login.usw2.pure.cloud/oauth/token".to_owned())
    );
    let Auth::ClientCredentials(grant) = &config.auth else { panic!("{:?}", config.auth) };
    assert_eq!((grant.client_auth, &*grant.client_id), (ClientAuth::Basic, "007"));
    assert_eq!(grant.client_secret.as_ref().unwrap().resolve(&[]).unwrap().expose(), "[a,b]");
    assert_eq!(names(loaded.streams()), ["users"]);
    let users = loaded.stream("users").unwrap();
    let place = |name: &str| Parameter::Query(name.to_owned());
    assert_eq!(
        users.pages.style,
        Style::PageNumber {
            page_count: Some("/pageCount".parse().unwrap()),
            param: place("pageNumber"),
            size: Some((place("pageSize"), 500)),
            start: 1,
        }
    );
    assert_eq!(users.pages.ends.total, Some("/total".parse().unwrap()));
    assert_eq!((users.path.as_str(), users.records.to_string()), ("/api/v2/users", "/entities".to_owned()));
    let headers = config.rate.as_ref().unwrap().headers.as_ref().unwrap();
    assert_eq!(headers.limit.as_ref().unwrap().to_string(), "`header:inin-ratelimit-allowed`");
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn every_region_is_known_by_name_and_domain_in_any_case() {
    for (name, domain) in REGIONS {
        for text in [name, domain, &name.to_uppercase(), &domain.to_uppercase()] {
            let loaded = minimal().variable("LONGHAUL_REGION", text).load();
            let (api, login) = addresses(&loaded);
            assert_eq!(api, format!("https://api.{domain}/"), "{text}");
            assert_eq!(login, format!("https://login.{domain}/oauth/token"), "{text}");
        }
    }
    assert_eq!(minimal().load().config.regions.len(), REGIONS.len());
}

#[test]
fn an_unknown_region_lists_all() {
    let case = minimal().variable("GENESYS_REGION", "us-west-3");
    let error = case.error();
    assert_eq!(error.to_string(), "`region`: unknown region `us-west-3` (did you mean `us-west-2`?)");
    assert_eq!(error.where_written().as_deref(), Some("environment variable GENESYS_REGION"));
    let hint = error.hint().unwrap();
    for (name, domain) in REGIONS {
        assert!(hint.contains(&format!("`{name}` ({domain})")), "{name} is not in {hint}");
    }
    let case = Case::toml("system = \"genesys\"\n").variable("GENESYS_CLIENT_ID", "1");
    let error = case.variable("GENESYS_CLIENT_SECRET", "2").error();
    assert_eq!(error.to_string(), "`region` is missing; `api.base_url` needs it for `{domain}`");
    assert_eq!(error.where_written(), None);
    let hint = error.hint().unwrap();
    let begin = "add it to a configuration file, or set one of the environment variables \
                 `GENESYSCLOUD_REGION`, `GENESYS_REGION`, `LONGHAUL_REGION`; the regions are \
                 `ap-northeast-1` (mypurecloud.jp), `ap-northeast-2` (apne2.pure.cloud), ";
    assert!(hint.starts_with(begin), "{hint}");
}

#[test]
fn the_names_of_the_vendors_own_tools_are_read() {
    let loaded = Case::toml("system = \"genesys\"\nstreams.users.sinks = []\n")
        .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", " hunter2 ")
        .variable("GENESYSCLOUD_REGION", "eu-central-1")
        .load();
    assert_eq!(addresses(&loaded).0, "https://api.mypurecloud.de/");
    let grant = loaded.config.auth.grant().unwrap();
    assert_eq!(grant.client_id, "id");
    assert_eq!(grant.client_secret.as_ref().unwrap().resolve(&[]).unwrap().expose(), " hunter2 ");
    let origin = |key: &str| loaded.origin_of(key).to_string();
    assert_eq!(origin("auth.client_secret"), "environment variable GENESYSCLOUD_OAUTHCLIENT_SECRET");
    assert_eq!(origin("region"), "environment variable GENESYSCLOUD_REGION");
    assert!(!loaded.listing().contains("hunter2"));
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn longhauls_own_variables_override_the_vendors() {
    let case = minimal().file("more.toml", "region = \"eu-west-1\"\nauth.client_id = \"file\"\n");
    let case = case.naming(&["longhaul.toml", "more.toml"]).variable("GENESYS_REGION", "eu-west-2");
    let loaded = case.load();
    assert_eq!(loaded.config.auth.grant().unwrap().client_id, "007");
    assert_eq!(addresses(&loaded).0, "https://api.euw2.pure.cloud/");
    let loaded = case.variable("LONGHAUL_AUTH__CLIENT_ID", "own").set("region=sa-east-1").load();
    assert_eq!(loaded.config.auth.grant().unwrap().client_id, "own");
    assert_eq!(addresses(&loaded).0, "https://api.sae1.pure.cloud/");
}

#[test]
fn missing_credentials_list_every_variable() {
    let error = Case::toml("system = \"genesys\"\nregion = \"us-east-1\"\n").error();
    assert_eq!(error.to_string(), "`auth.client_id` is missing");
    assert_eq!(error.where_written(), None);
    assert_eq!(
        error.hint(),
        Some(
            "add it to a configuration file, or set one of the environment variables \
             `GENESYSCLOUD_OAUTHCLIENT_ID`, `GENESYS_CLIENT_ID`, `LONGHAUL_AUTH__CLIENT_ID`"
        )
    );
}

#[test]
fn a_fixed_token_replaces_the_grant() {
    let case = minimal().variable("LONGHAUL_AUTH__TYPE", "token").variable("LONGHAUL_AUTH__TOKEN", "t0ken");
    let loaded = case.load();
    let Auth::Token { token, .. } = &loaded.config.auth else { panic!("{:?}", loaded.config.auth) };
    assert_eq!(token.resolve(&[]).unwrap().expose(), "t0ken");
    let case = minimal().file("more.toml", "auth.type = \"none\"\nauth.scope = [\"x\"]\n");
    let refusal = case.naming(&["longhaul.toml", "more.toml"]).refusal();
    assert_eq!(refusal, ("`auth.scope` is not a key of type `none`".to_owned(), "more.toml:2".to_owned()));
}

#[test]
fn another_host_needs_no_region() {
    let loaded = Case::toml("system = \"genesys\"\nstreams.users.sinks = []\n")
        .variable("GENESYS_CLIENT_ID", "1")
        .variable("GENESYS_CLIENT_SECRET", "2")
        .set("api.base_url=http://127.0.0.1:8080")
        .set("auth.token_url=http://127.0.0.1:8080/oauth/token")
        .load();
    assert_eq!(addresses(&loaded).0, "http://127.0.0.1:8080/");
}

#[test]
fn every_stream_is_complete_once_its_window_begins() {
    let loaded = minimal().load();
    let offered = names(loaded.all_streams());
    assert_eq!(
        offered,
        [
            "users",
            "conversations",
            "conversation_jobs",
            "user_status_jobs",
            "queues",
            "wrapup_codes",
            "skills",
            "groups",
            "divisions",
            "presence_definitions",
            "audits",
            "scim_users",
            "queue_members",
            "user_skills",
            "recordings"
        ]
    );
    let windowed: BTreeSet<_> = ["audits", "conversation_jobs", "conversations", "user_status_jobs"].into();
    for (name, stream) in loaded.all_streams() {
        assert_eq!(stream.window.is_some(), windowed.contains(name), "{name}");
        assert!(stream.description.is_some(), "{name}");
        assert!(stream.table.as_ref().is_some_and(|table| !table.columns.is_empty()), "{name}");
        if stream.window.is_some() {
            let error = loaded.stream(name).unwrap_err();
            assert_eq!(error.to_string(), format!("`streams.{name}.window.from` is missing"));
            assert_eq!(error.where_written(), None);
            let from = format!("streams.{name}.window.from=2026-01-01");
            let loaded = minimal().set(&from).load();
            let window = loaded.stream(name).unwrap().window.as_ref().unwrap();
            assert_eq!(window.from.as_ref().unwrap().to_string(), "2026-01-01");
            assert_eq!(names(loaded.streams()), ["users", name]);
        } else {
            loaded.stream(name).unwrap();
        }
    }
}

#[test]
fn an_extended_stream_must_be_complete() {
    let case = Case::toml(
        "system = \"genesys\"\nregion = \"us-west-2\"\n[auth]\nclient_id = \"1\"\nclient_secret = \"2\"\n\
         [streams.conversations]\nsinks = [\"stdout\"]\n",
    );
    let error = case.error();
    assert_eq!(error.to_string(), "`streams.conversations.window.from` is missing");
    assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:6"));
    assert_eq!(
        error.hint(),
        Some(
            "add it to a configuration file, or set the environment variable \
             `LONGHAUL_STREAMS__CONVERSATIONS__WINDOW__FROM`"
        )
    );
}

#[test]
fn conversations_are_pulled_by_whole_days_in_utc() {
    let loaded = minimal().set("streams.conversations.window.from=now-7d/d").load();
    let stream = loaded.stream("conversations").unwrap();
    let Some(Body::Json(body)) = &stream.body else { panic!("{:?}", stream.body) };
    assert_eq!(body.value()["interval"], "{window.start}/{window.end}");
    let Style::PageNumber { param, size, start, page_count } = &stream.pages.style else { panic!() };
    assert_eq!(*param, Parameter::Body("/paging/pageNumber".parse().unwrap()));
    assert_eq!(*size, Some((Parameter::Body("/paging/pageSize".parse().unwrap()), 100)));
    assert_eq!((*start, page_count), (1, &None));
    let window = stream.window.as_ref().unwrap();
    for slice in [window.slice, window.min_slice] {
        assert_eq!(slice.unwrap().fieldwise(), jiff::Span::new().days(1).fieldwise());
    }
    assert_eq!(window.timezone.iana_name(), Some("UTC"));
    let [Answer(too_deep)] = stream.answers.as_slice() else { panic!("{:?}", stream.answers) };
    assert_eq!((&*too_deep.when.status, too_deep.then), (&[StatusMatch::Code(400)][..], Then::Split));
    assert_eq!(too_deep.when.code.as_deref(), Some("pagination.limit"));
}

#[test]
fn errors_of_the_platform_and_its_token_endpoint_are_found() {
    let format = minimal().load().config.errors.format();
    assert_eq!(format.code, ["/code", "/error"].iter().map(|text| text.parse().unwrap()).collect());
    assert_eq!(format.correlation, ["inin-correlation-id"]);
}

#[test]
fn a_variable_takes_the_case_of_the_presets_names() {
    let loaded = minimal().variable("LONGHAUL_STREAMS__CONVERSATION_JOBS__QUERY__PAGESIZE", "50");
    let loaded = loaded.set("streams.conversation_jobs.window.from=now-1d").load();
    let query = &loaded.stream("conversation_jobs").unwrap().query;
    assert_eq!((query.len(), query["pageSize"].as_slice()), (1, &["50".to_owned()][..]));
}
