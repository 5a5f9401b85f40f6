//! The file with a refresh token that the server replaces.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longhaul_core::{
    Secret,
    client::auth::{GrantType, RefreshToken, TokenFile},
    http::transport::TransportErrorKind,
};
use longhaul_tests::{Done, Fault, ManualClock, Received, Reply, Setup, SimulatedDisk, chain};
use serde_json::json;

const FILE: &str = "/secrets/token";

/// A server that replaces its refresh token, and accepts each once. Access tokens are valid for one page.
#[derive(Debug, Default)]
struct Rotating {
    /// The number of the only valid refresh token.
    valid: AtomicUsize,
    /// The number of the last access token that was used.
    used: AtomicUsize,
}

impl Rotating {
    fn answer(&self, request: &Received) -> Reply {
        let valid = self.valid.load(Ordering::SeqCst);
        if request.is_for_token() {
            if request.field("refresh_token") != Some(format!("r{valid}")) {
                return Reply::refusal(400, &json!({ "error": "invalid_grant" }));
            }
            self.valid.store(valid + 1, Ordering::SeqCst);
            let next = valid + 1;
            return Reply::json(
                json!({ "access_token": format!("t{next}"), "refresh_token": format!("r{next}") })
                    .to_string(),
            );
        }
        if request.bearer() != Some(&format!("t{valid}")) || self.used.swap(valid, Ordering::SeqCst) == valid
        {
            return Reply::status(401);
        }
        let next = if valid < 3 { json!(format!("/p{valid}")) } else { json!(null) };
        Reply::json(json!({ "results": [valid], "nextPageUri": next }).to_string())
    }
}

/// A pull from `server` with the refresh token on `disk`. After `ended`, nothing is sent any more.
fn pull(
    server: &Arc<Rotating>,
    disk: &SimulatedDisk,
    ended: impl Fn() -> bool + Send + Sync + 'static,
) -> Setup {
    let server = Arc::clone(server);
    let (mut setup, _) = Setup::scripted(&ManualClock::new(), move |request| {
        if ended() { Err(TransportErrorKind::Unsendable) } else { Ok(server.answer(request)) }
    });
    let file = TokenFile::new(disk.handle(), Path::new(FILE));
    setup.endpoint.grant = GrantType::RefreshToken;
    setup.endpoint.refresh_token = Some(RefreshToken { token: Secret::new("r0"), file: Some(file) });
    setup
}

fn disk() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    disk.put(FILE, "r0\n");
    disk
}

/// What the next run starts with.
fn after(disk: &SimulatedDisk) -> String {
    TokenFile::new(disk.handle(), Path::new(FILE)).prepare(&*ManualClock::new()).unwrap();
    String::from_utf8(disk.contents(FILE).unwrap()).unwrap()
}

#[test]
fn a_new_token_is_in_the_file_and_nothing_else_is_left() {
    let (server, disk) = (Arc::<Rotating>::default(), disk());
    pull(&server, &disk, || false).run().records();
    assert_eq!(after(&disk), "r3\n");
    assert_eq!(disk.files(), [Path::new(FILE), Path::new("/secrets/token.lock")]);
}

/// At every operation of the disk: if the access token was used, the refresh token that came with it is in the file.
/// Otherwise the file has that one or the one before, but never a part of one.
#[test]
fn a_crash_at_any_time_leaves_a_whole_token() {
    let (server, whole) = (Arc::<Rotating>::default(), disk());
    pull(&server, &whole, || false).run().records();
    let operations = whole.operations();
    assert!(operations > 12, "{operations}");
    for operation in 0..operations {
        for done in [Done::Nothing, Done::Half, Done::All] {
            let (server, disk) = (Arc::<Rotating>::default(), disk());
            disk.fail_at(operation, Fault::Stop(done));
            let watched = disk.clone();
            let outcome = pull(&server, &disk, move || watched.operations() > operation).run();
            assert!(outcome.outcome.is_err());
            let valid = server.valid.load(Ordering::SeqCst);
            let is_used = server.used.load(Ordering::SeqCst) == valid;
            let crashed =
                std::iter::once(disk.after_kill()).chain((0..8).map(|seed| disk.after_power_cut(seed)));
            for crashed in crashed {
                let found = after(&crashed);
                let expected = format!("r{valid}\n");
                let may_be_older = !is_used && found == format!("r{}\n", valid.saturating_sub(1));
                assert!(
                    found == expected || may_be_older,
                    "{operation}, {done:?}: {found:?}, not {expected:?}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_is_gone_is_an_error_before_anything_is_sent() {
    let (server, disk) = (Arc::<Rotating>::default(), SimulatedDisk::new());
    disk.put_folder("/secrets");
    let pulled = pull(&server, &disk, || false).run();
    assert_eq!(
        chain(pulled.error()),
        "could not send `POST https://api.example/api/v2/details/query`: no access token\n\
         cannot use the refresh token in `/secrets/token`\n\
         entity not found"
    );
    assert_eq!(server.valid.load(Ordering::SeqCst), 0);
}

/// An answer may be useless, but the refresh token in it is the only valid one.
#[test]
fn a_new_token_is_saved_even_if_the_rest_of_the_answer_is_wrong() {
    let disk = disk();
    let (mut setup, _) = Setup::scripted(&ManualClock::new(), |_| {
        Ok(Reply::json(json!({ "refresh_token": "r1", "token_type": "Bearer" }).to_string()))
    });
    let file = TokenFile::new(disk.handle(), Path::new(FILE));
    setup.endpoint.refresh_token = Some(RefreshToken { token: Secret::new("r0"), file: Some(file) });
    assert!(
        chain(setup.run().error()).ends_with("the token endpoint's answer has no token at `/access_token`")
    );
    assert_eq!(after(&disk), "r1\n");
}

/// The end of the program would cut off a renewal on another thread.
#[test]
fn a_token_is_renewed_before_the_next_request_and_not_beside_it() {
    let (clock, disk) = (ManualClock::new(), disk());
    let of_server = Arc::clone(&clock);
    let issued = AtomicUsize::new(0);
    let (mut setup, transport) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            let answer = json!({
                "access_token": format!("t{number}"), "refresh_token": format!("r{number}"), "expires_in": 100,
            });
            return Ok(Reply::json(answer.to_string()));
        }
        let page = request.query("page").map_or(1, |page| page.parse().unwrap());
        of_server.advance(Duration::from_secs(95));
        let next = if page < 3 { json!(format!("?page={}", page + 1)) } else { json!(null) };
        Ok(Reply::json(json!({ "results": [page], "nextPageUri": next }).to_string()))
    });
    let file = TokenFile::new(disk.handle(), Path::new(FILE));
    setup.endpoint.refresh_token = Some(RefreshToken { token: Secret::new("r0"), file: Some(file) });
    setup.run().records();
    let tokens: Vec<_> =
        transport.api_requests().iter().map(|request| request.bearer().unwrap().to_owned()).collect();
    assert_eq!(tokens, ["t1", "t2", "t3"]);
    assert_eq!(after(&disk), "r3\n");
}

#[test]
fn a_full_disk_does_not_end_the_run() {
    let (server, disk) = (Arc::<Rotating>::default(), disk());
    disk.fail_at(1, Fault::Full);
    assert_eq!(pull(&server, &disk, || false).run().records(), ["1", "2", "3"]);
}
