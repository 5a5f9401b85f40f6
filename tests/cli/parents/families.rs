//! An API with teams and their members.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::json;

use crate::{
    api::{self, LINES},
    folder::Folder,
};

pub(crate) const PARENTS: &str = r#"
[streams.teams]
path = "/teams"
records = "/items"
pages = { type = "page_number", param = "page", page_count = "/pages" }
sinks = ["lines"]
"#;

pub(crate) const CHILDREN: &str = r#"
[streams.members]
path = "/teams/{each.team}/members"
records = "/items"
pages = { type = "page_number", param = "page" }
each = { stream = "teams", values = { team = "/id" }, add = { team = "/id" } }
concurrency = 8
sinks = ["lines"]
"#;

/// How many teams are on a page.
const TEAMS_ON_A_PAGE: usize = 80;

/// An API with teams. Team number `n` has `n % 4` members, one on each page.
pub(crate) struct Families {
    server: FaultServer,
    model: Arc<Model>,
}

struct Model {
    teams: AtomicUsize,
    /// Every team whose number is a multiple of it, except 0, is gone.
    gone: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Families {
    pub(crate) fn new(teams: usize) -> Self {
        let model = Model { teams: teams.into(), gone: usize::MAX.into(), requests: Mutex::default() };
        let model = Arc::new(model);
        let api = Arc::clone(&model);
        Self { server: api::server(move |request| api.answer(request)), model }
    }

    pub(crate) fn with_gone(self, each: usize) -> Self {
        self.model.gone.store(each, Ordering::SeqCst);
        self
    }

    /// From now on, there is another number of teams.
    pub(crate) fn set_parents(&self, teams: usize) {
        self.model.teams.store(teams, Ordering::SeqCst);
    }

    pub(crate) fn folder(&self, streams: &[&str]) -> Folder {
        Folder::configured(&[&api::connection(&api::root(&self.server)), &*streams.concat(), LINES].concat())
    }

    /// How many requests had this path.
    pub(crate) fn requests(&self, path: &str) -> usize {
        self.model.requests.lock().unwrap().iter().filter(|requested| *requested == path).count()
    }

    /// How many requests there were.
    pub(crate) fn all_requests(&self) -> usize {
        self.model.requests.lock().unwrap().len()
    }

    /// All members with their teams, in order.
    pub(crate) fn all_members(&self) -> Vec<(String, String)> {
        let teams = (0..self.model.teams.load(Ordering::SeqCst)).filter(|team| !self.model.is_gone(*team));
        let members = teams.flat_map(|team| (1..=team % 4).map(move |page| (team, page)));
        members.map(|(team, page)| (format!("t{team}"), format!("{team}-{page}"))).collect()
    }

    /// The members as lines, with the field of their team.
    pub(crate) fn members(&self) -> String {
        let line =
            |(team, member): (String, String)| format!("{{\"id\":\"{member}\",\"team\":\"{team}\"}}\n");
        self.all_members().into_iter().map(line).collect()
    }
}

impl Model {
    fn answer(&self, request: &Received) -> Reaction {
        let path = request.url.path();
        self.requests.lock().unwrap().push(path.to_owned());
        let page: usize = request.query("page").map_or(1, |page| page.parse().unwrap());
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        match segments[..] {
            ["teams"] => {
                let teams = self.teams.load(Ordering::SeqCst);
                let start = ((page - 1) * TEAMS_ON_A_PAGE).min(teams);
                let end = teams.min(start + TEAMS_ON_A_PAGE);
                let items: Vec<_> = (start..end).map(|team| json!({ "id": format!("t{team}") })).collect();
                let pages = teams.div_ceil(TEAMS_ON_A_PAGE).max(1);
                Reply::json(json!({ "items": items, "pages": pages }).to_string()).into()
            }
            ["teams", team, "members"] => {
                let team: usize = team[1..].parse().unwrap();
                if self.is_gone(team) {
                    return Reply::status(404).into();
                }
                let items: Vec<_> = (page..=page.min(team % 4))
                    .map(|page| json!({ "id": format!("{team}-{page}") }))
                    .collect();
                Reply::json(json!({ "items": items }).to_string()).into()
            }
            ["teams", team, "members", member, "cards"] => {
                Reply::json(json!({ "items": [{ "card": format!("{team}/{member}") }] }).to_string()).into()
            }
            _ => Reply::status(400).into(),
        }
    }

    fn is_gone(&self, team: usize) -> bool {
        team > 0 && team.is_multiple_of(self.gone.load(Ordering::SeqCst))
    }
}
