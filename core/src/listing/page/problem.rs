//! Recognizes errors that come with a status of success.
//!
//! What an error says stands beside the records, in the envelope of a page. A record may have a field of the same name, so a
//! record is only an error if it is the whole page, or if it has nothing but what errors have.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value, json, value::RawValue};

use super::envelope::{is_empty, shown};

/// What a page says is wrong, and what says so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PageProblem {
    /// What says so.
    pub(crate) sign: ErrorSign,
    /// The message.
    pub(crate) message: String,
}

/// A member of a page that says that the page is an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErrorSign {
    /// Its name.
    pub name: String,
    /// Its value as text, if other values would not be a sign.
    pub value: Option<String>,
}

/// The names of errors, in lower case and without `_` and `-`. A value in them that stands for nothing is no error.
const ERRORS: [&str; 11] = [
    "error",
    "errors",
    "fault",
    "faults",
    "exception",
    "errorcode",
    "errcode",
    "errormessage",
    "iserror",
    "haserror",
    "haserrors",
];

/// The names of what is true if the API gave up before it had all records: Elasticsearch has `timed_out`, GitHub's search
/// `incomplete_results`.
const GAVE_UP: [&str; 4] = ["incompleteresults", "ispartial", "partialresults", "timedout"];

/// The names of what is false if the request failed.
const SUCCESSES: [&str; 4] = ["ok", "success", "issuccess", "successful"];

/// The names of what can be one of [`FAILURES`].
const OUTCOMES: [&str; 3] = ["status", "stat", "result"];

/// Outcomes of a request that failed.
const FAILURES: [&str; 4] = ["error", "fail", "failed", "failure"];

/// The names of what errors have besides.
const OF_ERRORS: [&str; 25] = [
    "code",
    "contextid",
    "correlationid",
    "description",
    "detail",
    "details",
    "errordescription",
    "errorid",
    "errormsg",
    "errmsg",
    "help",
    "instance",
    "message",
    "msg",
    "path",
    "reason",
    "requestid",
    "stack",
    "stacktrace",
    "statuscode",
    "time",
    "timestamp",
    "title",
    "traceid",
    "type",
];

/// The longest record that can be an error, in bytes.
const LONGEST: usize = 16 << 10;

/// What an envelope says is wrong.
pub(super) fn of_envelope(envelope: &Value) -> Option<PageProblem> {
    let members = envelope.as_object()?;
    named(members).or_else(|| refused(members)).or_else(|| failed(members)).or_else(|| gave_up(members))
}

/// What a record that is the whole page says is wrong. It may have a `status` of its own.
pub(super) fn of_whole(record: &Value) -> Option<PageProblem> {
    let members = record.as_object()?;
    let has_nothing_else = members.keys().all(|name| is_of_errors(name));
    named(members).or_else(|| refused(members)).or_else(|| failed(members).filter(|_| has_nothing_else))
}

/// What a record among others says is wrong, if it has nothing but what errors have.
pub(super) fn of_record(record: &[u8]) -> Option<PageProblem> {
    // Only few records are read as a whole.
    if !is_error(record) {
        return None;
    }
    let record: Map<String, Value> = serde_json::from_slice(record).ok()?;
    named(&record).or_else(|| refused(&record))
}

/// Whether a record has nothing but what errors have.
pub(super) fn is_error(record: &[u8]) -> bool {
    let is_short = record.first() == Some(&b'{') && record.len() <= LONGEST;
    let names = is_short.then(|| serde_json::from_slice::<BTreeMap<Cow<'_, str>, &RawValue>>(record));
    names.is_some_and(|names| names.is_ok_and(|names| names.keys().all(|name| is_of_errors(name))))
}

fn is_of_errors(name: &str) -> bool {
    let name = plain(name);
    let is_in = |names: &[&str]| names.contains(&&*name);
    is_in(&ERRORS) || is_in(&SUCCESSES) || is_in(&OUTCOMES) || is_in(&OF_ERRORS)
}

/// An error that has a name.
fn named(members: &Map<String, Value>) -> Option<PageProblem> {
    let (name, error) = find(members, &ERRORS, |value| !is_empty(value) && !is_success(value))?;
    let of_error = message(error).filter(|_| !error.is_boolean());
    // A code or a mark has its text beside it.
    let is_text = error.is_object() || error.is_array() || matches!(&*plain(name), "error" | "fault");
    let beside = || if is_text { None } else { message_beside(members) };
    let message = beside().or(of_error).unwrap_or_else(|| format!("`{name}` is {}", shown(error)));
    Some(PageProblem { sign: ErrorSign { name: name.clone(), value: None }, message })
}

/// A success that is false.
fn refused(members: &Map<String, Value>) -> Option<PageProblem> {
    let is_false = |value: &Value| match value {
        Value::Bool(success) => !success,
        Value::String(text) => ["false", "no"].iter().any(|word| text.trim().eq_ignore_ascii_case(word)),
        // A number may be a count of successes.
        _ => false,
    };
    let (name, value) = find(members, &SUCCESSES, is_false)?;
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let message = message_beside(members).unwrap_or_else(|| format!("`{name}` is {value}"));
    Some(PageProblem { sign: ErrorSign { name: name.clone(), value: Some(value) }, message })
}

/// An outcome that is a failure.
fn failed(members: &Map<String, Value>) -> Option<PageProblem> {
    let is_failure = |value: &Value| {
        let is_word = |text: &str| FAILURES.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
        value.as_str().is_some_and(is_word)
    };
    let (name, value) = find(members, &OUTCOMES, is_failure)?;
    let value = value.as_str().unwrap_or_default().to_owned();
    let message = message_beside(members).unwrap_or_else(|| format!("`{name}` is `{value}`"));
    Some(PageProblem { sign: ErrorSign { name: name.clone(), value: Some(value) }, message })
}

/// A page that says that it is incomplete.
fn gave_up(members: &Map<String, Value>) -> Option<PageProblem> {
    let (name, _) = find(members, &GAVE_UP, |value| *value == json!(true))?;
    let sign = ErrorSign { name: name.clone(), value: Some("true".to_owned()) };
    Some(PageProblem { sign, message: format!("`{name}` is true") })
}

/// Whether an error says that there is none, as in `{"code": 0, "message": "ok"}`.
fn is_success(error: &Value) -> bool {
    let is_word = |text: &str| {
        ["none", "ok", "success", "200"].iter().any(|word| text.eq_ignore_ascii_case(word))
            || text.bytes().all(|digit| digit == b'0')
    };
    error.as_str().is_some_and(is_word)
        || *error == json!(200)
        || error.get("code").is_some_and(|code| [&json!(0), &json!("0"), &json!(200)].contains(&code))
}

/// The first text of an error, looking into lists and the usual names.
fn message(error: &Value) -> Option<String> {
    match error {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Array(errors) => errors.iter().find_map(message),
        Value::Object(members) => message_beside(members),
        _ => None,
    }
}

/// The first text under one of the usual names.
fn message_beside(members: &Map<String, Value>) -> Option<String> {
    const NAMES: [&str; 12] = [
        "message",
        "errormessage",
        "errordescription",
        "detail",
        "description",
        "reason",
        "title",
        "msg",
        "errmsg",
        "code",
        "errorcode",
        "error",
    ];
    NAMES.iter().find_map(|name| {
        members.iter().filter(|(member, _)| plain(member) == *name).find_map(|(_, value)| message(value))
    })
}

/// The first member with one of `names` whose value is such a value.
fn find<'m>(
    members: &'m Map<String, Value>,
    names: &[&str],
    is_such: impl Fn(&Value) -> bool,
) -> Option<(&'m String, &'m Value)> {
    let named = |name: &&str| members.iter().find(|(member, value)| plain(member) == *name && is_such(value));
    names.iter().find_map(named)
}

/// A name in lower case, without what separates its words.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '-'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(envelope: &Value) -> Option<String> {
        of_envelope(envelope).map(|problem| problem.message)
    }

    #[test]
    fn errors_beside_missing_records_are_read() {
        for (envelope, message) in [
            (json!({ "ok": false, "error": "fatal_error" }), "fatal_error"),
            (json!({ "data": null, "errors": [{ "message": "boom" }] }), "boom"),
            (json!({ "success": false }), "`success` is false"),
            (json!({ "fault": { "code": 7 } }), "`fault` is an object"),
            (json!({ "Errors": [{ "Message": "boom" }] }), "boom"),
            (json!({ "ERROR": "boom" }), "boom"),
            (json!({ "Fault": { "faultstring": "boom" } }), "`Fault` is an object"),
            (json!({ "error_code": 17, "error_message": "boom" }), "boom"),
            (json!({ "errorCode": "E7" }), "E7"),
            (json!({ "is_error": true, "msg": "boom" }), "boom"),
            (json!({ "hasErrors": true }), "`hasErrors` is true"),
            (json!({ "success": "false" }), "`success` is false"),
            (json!({ "Success": "False", "reason": "boom" }), "boom"),
            (json!({ "status": "error", "message": "boom" }), "boom"),
            (json!({ "status": "fail", "data": { "title": "required" } }), "`status` is `fail`"),
            (json!({ "Status": "FAILED" }), "`Status` is `FAILED`"),
            (json!({ "stat": "fail", "code": 98, "message": "boom" }), "boom"),
            (json!({ "result": "error", "description": "boom" }), "boom"),
            (json!({ "timed_out": true, "took": 7 }), "`timed_out` is true"),
            (json!({ "incomplete_results": true }), "`incomplete_results` is true"),
        ] {
            assert_eq!(read(&envelope).as_deref(), Some(message), "{envelope}");
        }
    }

    #[test]
    fn what_is_no_error_is_none() {
        for none in [
            json!(null),
            json!(false),
            json!(""),
            json!([]),
            json!({}),
            json!(0),
            json!("none"),
            json!("OK"),
            json!("0000"),
            json!(200),
            json!({ "code": 0, "message": "success" }),
        ] {
            for name in ["error", "Errors", "errorCode", "errcode", "fault", "has_errors"] {
                assert_eq!(read(&json!({ name: none })), None, "{name}: {none}");
            }
        }
        for envelope in [
            json!({ "ok": true, "success": "true" }),
            json!({ "success": 0 }),
            json!({ "status": 500 }),
            json!({ "timed_out": false, "incomplete_results": null, "partial_results": "x" }),
            json!({ "status": "complete", "result": "partial" }),
            json!({ "results": "failed", "message": "failed", "code": 7 }),
            json!({ "data": { "status": "failed", "error": "of the data" } }),
        ] {
            assert_eq!(read(&envelope), None, "{envelope}");
        }
    }

    #[test]
    fn a_record_is_an_error_if_it_has_nothing_but_what_errors_have() {
        let read = |record: &Value| of_record(record.to_string().as_bytes()).map(|problem| problem.message);
        for (record, message) in [
            (json!({ "error": { "message": "boom" } }), Some("boom")),
            (
                json!({ "error": "boom", "status": 500, "timestamp": "2026-01-01", "path": "/x" }),
                Some("boom"),
            ),
            (json!({ "success": false, "message": "boom" }), Some("boom")),
            (json!({ "message": "boom", "errorCode": "INVALID_SESSION_ID" }), Some("boom")),
            (json!({ "error": "boom", "id": 7 }), None),
            (json!({ "message": "boom", "code": 7 }), None),
            (json!({ "status": "failed", "timestamp": "2026-01-01" }), None),
            (json!({ "error": null, "message": "" }), None),
            (json!({}), None),
            (json!(["error"]), None),
        ] {
            assert_eq!(read(&record).as_deref(), message, "{record}");
        }
        let long = json!({ "error": "x".repeat(LONGEST) });
        assert_eq!(read(&long), None, "an export of errors may have long ones");
    }

    #[test]
    fn a_record_that_is_the_page_may_have_a_status() {
        let read = |record: Value| of_whole(&record).map(|problem| problem.message);
        assert_eq!(read(json!({ "id": 7, "status": "failed" })), None);
        assert_eq!(read(json!({ "status": "failed", "message": "boom" })).as_deref(), Some("boom"));
        assert_eq!(read(json!({ "id": 7, "Error": "boom" })).as_deref(), Some("boom"));
    }
}
