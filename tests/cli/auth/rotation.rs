//! Refresh tokens that the server replaces.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
};

use longhaul_tests::{FaultServer, Reaction, Reply};
use serde_json::json;

use crate::{
    api::{self, LINES},
    folder::Folder,
};

/// A server that replaces its refresh token, accepts each one once, and revokes the access tokens of earlier ones. Access
/// tokens are valid for two pages.
#[derive(Debug)]
struct Rotating {
    /// The number of the only valid refresh token.
    valid: AtomicUsize,
    uses: AtomicUsize,
    /// Whether pages are answered.
    stalls: AtomicBool,
    /// The refresh tokens that were refused.
    refused: Mutex<Vec<String>>,
    /// A file to create before the first token is issued.
    in_the_way: Mutex<Option<PathBuf>>,
}

impl Rotating {
    fn start() -> (FaultServer, Arc<Self>) {
        let rotating = Arc::new(Self {
            valid: AtomicUsize::new(0),
            uses: AtomicUsize::new(0),
            stalls: AtomicBool::new(false),
            refused: Mutex::default(),
            in_the_way: Mutex::default(),
        });
        let of_server = Arc::clone(&rotating);
        let server = FaultServer::start(api::clock(), move |received| {
            if received.is_for_token() {
                return of_server.rotate(&received.field("refresh_token").unwrap_or_default());
            }
            of_server.page(received.bearer().unwrap_or_default(), received.query("page"))
        });
        (server, rotating)
    }

    fn rotate(&self, refresh_token: &str) -> Reaction {
        if let Some(path) = self.in_the_way.lock().unwrap().take() {
            fs::create_dir_all(path).unwrap();
        }
        let valid = self.valid.load(Ordering::SeqCst);
        if refresh_token != format!("r3fresh-{valid}") {
            self.refused.lock().unwrap().push(refresh_token.to_owned());
            return Reply::refusal(400, &json!({ "error": "invalid_grant" })).into();
        }
        self.valid.store(valid + 1, Ordering::SeqCst);
        self.uses.store(0, Ordering::SeqCst);
        let answer = json!({
            "access_token": format!("t0ken-{}", valid + 1),
            "refresh_token": format!("r3fresh-{}", valid + 1),
        });
        Reply::json(answer.to_string()).into()
    }

    fn page(&self, token: &str, page: Option<String>) -> Reaction {
        if self.stalls.load(Ordering::SeqCst) {
            return Reaction::Stall;
        }
        let is_valid = token == format!("t0ken-{}", self.valid.load(Ordering::SeqCst));
        if !is_valid || self.uses.fetch_add(1, Ordering::SeqCst) >= 2 {
            return Reply::status(401).into();
        }
        let page = page.map_or(1, |page| page.parse().unwrap());
        let next = if page < 6 { json!((page + 1).to_string()) } else { json!(null) };
        Reply::json(json!({ "data": [page], "next": next }).to_string()).into()
    }

    fn valid(&self) -> String {
        format!("r3fresh-{}", self.valid.load(Ordering::SeqCst))
    }
}

fn configuration(server: &FaultServer, refresh_token: &str) -> String {
    let root = api::root(server);
    let stream = "[streams.items]\npath = \"/items\"\nrecords = \"/data\"\n\
                  pages = { type = \"cursor\", param = \"page\", cursor = \"/next\" }\nsinks = [\"lines\"]\n";
    format!(
        "[api]\nbase_url = \"{root}\"\n[auth]\ntype = \"refresh_token\"\ntoken_url = \"{root}/oauth/token\"\n\
         client_id = \"app\"\nclient_auth = \"none\"\nrefresh_token = {refresh_token}\n{stream}{LINES}"
    )
}

const IN_FILE: &str = "{ file = \"refresh.txt\" }";

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_refresh_token_is_saved_for_its_owner_only() {
    let (server, rotating) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("refresh.txt", "r3fresh-0\n");
    fs::set_permissions(folder.path("refresh.txt"), fs::Permissions::from_mode(0o644)).unwrap();
    for run in 1..=3 {
        let ended = folder.run("-vv run");
        ended.assert_complete().assert_hides("r3fresh");
        assert_eq!(folder.read("out/items.ndjson"), "1\n2\n3\n4\n5\n6\n");
        assert_eq!(rotating.valid(), format!("r3fresh-{}", run * 3));
        assert_eq!(folder.read("refresh.txt"), rotating.valid() + "\n");
        assert_eq!(mode(&folder, "refresh.txt"), 0o600);
    }
    assert_eq!(
        folder.names_in("."),
        [".longhaul", "longhaul.toml", "out", "refresh.txt", "refresh.txt.lock"]
    );
}

#[test]
fn a_crash_right_after_the_rotation_loses_nothing() {
    let (server, rotating) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("refresh.txt", "r3fresh-0\n");
    for _ in 0..3 {
        rotating.stalls.store(true, Ordering::SeqCst);
        let before = server.api_requests().len();
        let running = folder.longhaul("run").start();
        // The access token is used, so the refresh token must be safe.
        while server.api_requests().len() == before {
            std::thread::yield_now();
        }
        assert_eq!(folder.read("refresh.txt"), rotating.valid() + "\n");
        running.kill();
    }
    rotating.stalls.store(false, Ordering::SeqCst);
    folder.run("run").assert_complete();
    assert_eq!(*rotating.refused.lock().unwrap(), [""; 0]);
}

/// A stop of the run interrupts all other requests.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_during_the_rotation_loses_nothing() {
    let (asked, is_asked) = mpsc::channel();
    let (answer, may_answer) = mpsc::channel();
    let may_answer = Mutex::new(may_answer);
    let server = FaultServer::start(api::clock(), move |received| {
        if !received.is_for_token() {
            return Reply::status(401).into();
        }
        asked.send(()).unwrap();
        may_answer.lock().unwrap().recv().unwrap();
        Reply::json(json!({ "access_token": "t", "refresh_token": "r3fresh-1" }).to_string()).into()
    });
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("refresh.txt", "r3fresh-0");
    let running = folder.longhaul("run").start();
    is_asked.recv().unwrap();
    running.signal("INT");
    // It starts once everything is interrupted.
    running.wait_for_thread("grace");
    answer.send(()).unwrap();
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert_eq!(folder.read("refresh.txt"), "r3fresh-1\n");
    assert_eq!(server.api_requests().len(), 0);
}

#[test]
fn a_crash_while_the_token_is_saved_loses_nothing() {
    let (server, rotating) = Rotating::start();
    rotating.valid.store(7, Ordering::SeqCst);
    // It was written, but the file does not have its name yet.
    let folder = Folder::configured(&configuration(&server, IN_FILE))
        .with("refresh.txt", "r3fresh-6\n")
        .with("refresh.txt.new", "r3fresh-7\n");
    folder.run("run").assert_complete();
    // A part of a token is none.
    let folder = Folder::configured(&configuration(&server, IN_FILE))
        .with("refresh.txt", rotating.valid())
        .with("refresh.txt.new", "r3fre");
    folder.run("run").assert_complete();
    assert_eq!(folder.read("refresh.txt"), rotating.valid() + "\n");
    assert_eq!(*rotating.refused.lock().unwrap(), [""; 0]);
}

#[test]
fn the_target_of_a_link_is_replaced_and_not_the_link() {
    let (server, rotating) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("secrets/token", "r3fresh-0");
    symlink("secrets/token", folder.path("refresh.txt")).unwrap();
    folder.run("run").assert_complete();
    assert!(fs::symlink_metadata(folder.path("refresh.txt")).unwrap().is_symlink());
    assert_eq!(folder.read("secrets/token"), rotating.valid() + "\n");
}

#[test]
fn runs_that_share_a_refresh_token_take_turns() {
    let (server, rotating) = Rotating::start();
    let configuration = configuration(&server, "{ file = \"FILE\" }");
    let shared = Folder::empty().with("token", "r3fresh-0");
    let configuration = configuration.replace("FILE", shared.path("token").to_str().unwrap());
    // Only the last access token is valid, so they renew theirs again and again.
    let folders = [(); 3].map(|()| Folder::configured(&configuration));
    let running = folders.each_ref().map(|folder| folder.longhaul("token").start());
    for running in running {
        running.end().assert_complete();
    }
    assert_eq!(*rotating.refused.lock().unwrap(), [""; 0]);
    assert_eq!(rotating.valid(), "r3fresh-3");
    assert_eq!(shared.read("token"), "r3fresh-3\n");
}

#[test]
fn a_refresh_token_that_cannot_be_saved_gives_one_warning() {
    let (server, rotating) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, "\"r3fresh-0\""));
    let ended = folder.run("run");
    ended.assert_complete().assert_hides("r3fresh");
    assert_eq!(rotating.valid(), "r3fresh-3");
    let warnings: Vec<_> = ended.stderr.lines().filter(|line| line.contains("refresh token")).collect();
    let [warning] = warnings[..] else { panic!("{}", ended.stderr) };
    assert!(
        warning.ends_with(
            "the server replaced the refresh token, and the old one may be invalid for the next run; \
             to save new ones, set `auth.refresh_token = { file = … }`"
        ),
        "{warning}"
    );
}

#[test]
fn a_disk_that_fails_after_the_rotation_gives_a_warning() {
    let (server, rotating) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("refresh.txt", "r3fresh-0");
    rotating.in_the_way.lock().unwrap().replace(folder.path("refresh.txt.new/in-the-way"));
    let ended = folder.run("run");
    ended.assert_complete().assert_hides("r3fresh");
    let warning = "warn  cannot save the new refresh token in `FOLDER/refresh.txt`: Is a directory (os error N); this run \
                   continues, but the next one may need another";
    assert_eq!(ended.stable_stderr().matches(warning).count(), 3, "{}", ended.stderr);
    assert_eq!(*rotating.refused.lock().unwrap(), [""; 0]);
}

#[test]
fn a_file_that_disappears_during_the_run_is_named() {
    let path: Arc<Mutex<PathBuf>> = Arc::default();
    let of_server = Arc::clone(&path);
    let server = FaultServer::start(api::clock(), move |received| {
        if received.is_for_token() {
            return Reply::json(json!({ "access_token": "t", "refresh_token": "r3fresh-1" }).to_string())
                .into();
        }
        fs::remove_file(&*of_server.lock().unwrap()).unwrap();
        Reply::status(401).into()
    });
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("refresh.txt", "r3fresh-0");
    *path.lock().unwrap() = folder.path("refresh.txt");
    folder.run("run").assert_failed(
        3,
        "error: the stream `items` is not complete\n  \
         caused by: could not send `GET http://127.0.0.1:PORT/items`: no access token\n  \
         caused by: cannot use the refresh token in `FOLDER/refresh.txt`\n  \
         caused by: No such file or directory (os error N)\n\
         hint: check the file and its folder, then run the same command again\n",
    );
}

#[test]
fn a_refused_refresh_token_is_final() {
    let (server, rotating) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, IN_FILE)).with("refresh.txt", "0ld-one");
    folder.run("run").assert_failed(
        3,
        "error: the stream `items` is not complete\n  \
         caused by: could not send `GET http://127.0.0.1:PORT/items`: no access token\n  \
         caused by: the token endpoint refused to issue a token\n  \
         caused by: `POST http://127.0.0.1:PORT/oauth/token` failed\n  \
         caused by: the server answered 400 Bad Request: invalid_grant\n\
         hint: check the credentials in `auth`, and `auth.token_url`; `longhaul config` shows where they come from\n",
    );
    assert_eq!(rotating.refused.lock().unwrap().len(), 1);
    assert_eq!(folder.read("refresh.txt"), "0ld-one");
}

#[test]
fn a_file_that_cannot_be_replaced_is_noticed_before_anything_is_sent() {
    let (server, _) = Rotating::start();
    let folder = Folder::configured(&configuration(&server, IN_FILE))
        .with("refresh.txt", "r3fresh-0")
        .with("refresh.txt.new/in-the-way", "");
    folder.run("run").assert_failed(
        2,
        "error: `auth.refresh_token`: cannot save a new refresh token in `FOLDER/refresh.txt`: Is a directory (os error N)\n  \
         in: longhaul.toml:8\n\
         hint: make the folder writable; or, if the server never issues new ones, use `{ command = [\"cat\", \"FILE\"] }`\n",
    );
    assert!(server.received().is_empty());
}
