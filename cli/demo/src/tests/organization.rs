//! The organization: the fields of each listing, and that conversations refer to listed entities.

use std::collections::HashSet;

use serde_json::Value;

use super::{client::Client, start};
use crate::Settings;

fn fields(record: &Value) -> String {
    record.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn entities(client: &Client, target: &str) -> Vec<Value> {
    client.get(target).json()["entities"].as_array().unwrap().clone()
}

fn ids(client: &Client, target: &str) -> HashSet<String> {
    entities(client, target).iter().map(|entity| entity["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_listing_has_the_platform_s_fields_and_as_many_entities_as_there_are() {
    let (_api, client, _) = start(Settings::default());
    let listed = |path: &str, known: &str, count: usize| {
        let page = client.get(&format!("{path}?pageSize=100")).json();
        let entities = page["entities"].as_array().unwrap();
        let names: HashSet<_> = entities.iter().map(|entity| entity["name"].as_str().unwrap()).collect();
        assert_eq!((entities.len(), names.len(), &page["total"]), (count, count, &count.into()), "{path}");
        assert_eq!(fields(&entities[0]), known, "{path}");
        let uri = format!("{path}/{}", entities[0]["id"].as_str().unwrap());
        assert_eq!(entities[0]["selfUri"], uri);
        assert_eq!(page.get("nextUri"), None);
    };
    listed("/api/v2/authorization/divisions", "description homeDivision id name selfUri", 3);
    listed(
        "/api/v2/groups",
        "callsEnabled dateModified description id includeOwners memberCount name owners rolesEnabled rulesVisible selfUri state type version visibility",
        9,
    );
    listed(
        "/api/v2/presencedefinitions",
        "createdBy createdDate deactivated id languageLabels modifiedBy modifiedDate name primary selfUri systemPresence",
        13,
    );
    listed("/api/v2/routing/skills", "dateModified id name selfUri state version", 14);
    listed(
        "/api/v2/routing/wrapupcodes",
        "createdBy dateCreated dateModified division id modifiedBy name selfUri",
        8,
    );
}

#[test]
fn listings_are_as_long_as_the_settings_say_and_go_by_page() {
    let settings =
        Settings { divisions: 1, groups: 0, skills: 120, wrapup_codes: 230, ..Settings::default() };
    let (api, client, _) = start(settings);
    let count = |target: &str| entities(&client, target).len();
    assert_eq!((count("/api/v2/authorization/divisions"), count("/api/v2/groups")), (1, 0));
    assert_eq!((count("/api/v2/routing/skills?pageSize=500"), count("/api/v2/routing/skills")), (100, 25));
    assert_eq!(count("/api/v2/routing/wrapupcodes?pageSize=100&pageNumber=3"), 30);
    assert_eq!(api.stats().pages, 5);
}

#[test]
fn the_home_division_is_the_first_and_that_of_everything() {
    let (_api, client, _) = start(Settings::default());
    let divisions = entities(&client, "/api/v2/authorization/divisions");
    let home: Vec<_> = divisions.iter().map(|division| division["homeDivision"].as_bool().unwrap()).collect();
    assert_eq!(home, [true, false, false]);
    for path in ["/api/v2/routing/queues", "/api/v2/routing/wrapupcodes", "/api/v2/users"] {
        assert_eq!(entities(&client, path)[0]["division"]["id"], divisions[0]["id"]);
    }
}

#[test]
fn the_definitions_of_presences_come_at_once_and_are_the_same_presences() {
    let (_api, client, _) = start(Settings::default());
    let path = "/api/v2/presence/definitions";
    let all = client.get(path).json();
    assert_eq!(fields(&all), "entities selfUri total");
    assert_eq!((&all["total"], &all["selfUri"]), (&13.into(), &path.into()));
    assert_eq!(
        fields(&all["entities"][0]),
        "deactivated divisionId id languageLabels name selfUri systemPresence type"
    );
    assert_eq!(all["entities"][8]["systemPresence"], "OnQueue");
    assert_eq!(
        (&all["entities"][9]["type"], &all["entities"][10]["type"]),
        (&"System".into(), &"User".into())
    );
    assert_eq!(ids(&client, path), ids(&client, "/api/v2/presencedefinitions"));
    assert_eq!(entities(&client, "/api/v2/presencedefinitions")[8]["systemPresence"], "On Queue");
}

#[test]
fn conversations_refer_to_skills_and_codes_that_are_listed() {
    let settings = Settings { records: 200, ..Settings::default() };
    let (_api, client, _) = start(settings.clone());
    let skills = ids(&client, "/api/v2/routing/skills");
    let codes = ids(&client, "/api/v2/routing/wrapupcodes");
    let mut met = 0;
    for at in 0..200 {
        let conversation: Value = serde_json::from_str(&settings.conversation(at)).unwrap();
        for participant in conversation["participants"].as_array().unwrap() {
            let session = &participant["sessions"][0];
            let none = Vec::new();
            let active = session["activeSkillIds"].as_array().unwrap_or(&none);
            let given = session["segments"].as_array().unwrap().iter().filter_map(|s| s.get("wrapUpCode"));
            assert!(active.iter().all(|id| skills.contains(id.as_str().unwrap())));
            assert!(given.clone().all(|id| codes.contains(id.as_str().unwrap())));
            met += active.len() + given.count();
        }
    }
    assert!(met > 100, "{met}");
}
