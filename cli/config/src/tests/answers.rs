//! Answer rules and conditions.

use longhaul_core::{
    client::answer::{After, Message, StatusMatch, Then},
    http::place::Comparison,
    listing::end::LastPage,
};
use serde_json::json;

use super::{Case, GRANT};

fn rule(text: &str) -> String {
    format!("[[api.answers]]\n{text}")
}

fn refusal(text: &str) -> String {
    Case::small(text).refusal().0
}

#[test]
fn a_rule_has_its_condition_and_its_effect() {
    let text = "[[api.answers]]\nwhen = { at = \"/error\", is = \"ratelimited\" }\nthen = \"throttle\"\n\
                after = \"/retry_after\"\n\
                [[api.answers]]\nwhen = { status = [400, \"5xx\"], code = \"x\", text = \"busy\" }\nthen = \"retry\"\n\
                after = \"90s\"\n\
                [[api.answers]]\nwhen = { at = [\"/ok\", \"header:X-Ok\"], not = [true, 1] }\nthen = \"fail\"\n\
                message = \"/error\"\nhint = \"ask\"\n";
    let answers = Case::small(text).load().config.api.answers;
    let [throttle, retry, fail] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(throttle.0.then, Then::Throttle);
    let (at, comparisons) = throttle.0.when.at.clone().unwrap();
    assert_eq!(at.to_string(), "`/error`");
    assert_eq!(comparisons, [Comparison::Is(vec![json!("ratelimited")])]);
    assert!(matches!(&throttle.0.after, Some(After::At(at)) if at.to_string() == "`/retry_after`"));
    assert_eq!(retry.0.when.status, [StatusMatch::Code(400), StatusMatch::Class(5)]);
    assert_eq!((retry.0.when.code.as_deref(), retry.0.when.text.as_deref()), (Some("x"), Some("busy")));
    assert!(matches!(&retry.0.after, Some(After::Fixed(wait)) if wait.as_secs() == 90));
    let (at, comparisons) = fail.0.when.at.clone().unwrap();
    assert_eq!(at.to_string(), "`/ok` or `header:x-ok`");
    assert_eq!(comparisons, [Comparison::Not(vec![json!(true), json!(1)])]);
    assert!(matches!(&fail.0.message, Some(Message::At(at)) if at.to_string() == "`/error`"));
    assert_eq!(fail.0.hint.as_deref(), Some("ask"));
}

#[test]
fn rules_that_cannot_work_are_refused() {
    for (text, message) in [
        ("when = {}\nthen = \"fail\"", "`api.answers`: `when` requires `status`, `at`, `code` or `text`"),
        (
            "when = { status = 600 }\nthen = \"fail\"",
            "`api.answers`: 600 is neither a status from 100 to 599 nor a class such as \"5xx\"",
        ),
        (
            "when = { at = \"/a\", is = 1, exists = false }\nthen = \"fail\"",
            "`api.answers`: `is` never matches with `exists = false`",
        ),
        (
            "when = { at = \"/a\" }\nthen = \"fail\"",
            "`api.answers`: `at` requires `is`, `not`, `exists` or `contains`",
        ),
        ("when = { is = 1 }\nthen = \"fail\"", "`api.answers`: `is` requires `at`, the place of the value"),
        (
            "when = { at = \"last:/id\", is = 1 }\nthen = \"fail\"",
            "`api.answers`: a rule cannot read the last record; use another place for `at`",
        ),
        (
            "when = { at = \"error\", is = 1 }\nthen = \"fail\"",
            "`api.answers`: `error` is not a place: it must be empty or start with `/`",
        ),
        (
            "when = { at = \"/a/*\", is = 1 }\nthen = \"fail\"",
            "`api.answers`: `/a/*` is not a place: `*` selects several values; a JSONPath such as `$.a[0].b` selects one",
        ),
        (
            "when = { status = 404 }\nthen = \"fail\"\nafter = \"5s\"",
            "`api.answers`: `after` requires `then` to be `retry`, `throttle` or `wait`, because nothing else waits",
        ),
        (
            "when = { status = 404 }\nthen = \"retry\"\nafter = \"5\"",
            "`api.answers`: `5` has no unit; write `5s` for seconds",
        ),
        (
            "when = { status = 404 }\nthen = \"stop\"",
            "`api.answers`: `stop` is not one of `page`, `end`, `retry`, `throttle`, `wait`, `renew`, `split`, `restart`, `skip`, `fail`",
        ),
        (
            "when = { stat = 404 }\nthen = \"fail\"",
            "`api.answers`: unknown key `stat` (did you mean `status`?)",
        ),
        ("when = { status = 404 }", "`api.answers`: `then` is missing"),
    ] {
        assert_eq!(refusal(&rule(text)), message);
    }
}

#[test]
fn an_effect_must_fit_its_requests() {
    let refused = |text: &str| {
        let error = Case::toml(&[GRANT, text].concat()).error();
        (error.to_string(), error.hint().unwrap_or_default().to_owned())
    };
    let (message, hint) = refused("[[auth.answers]]\nwhen = { status = 401 }\nthen = \"renew\"\n");
    assert_eq!(message, "`auth.answers`: `then = \"renew\"` has no meaning for these requests");
    assert_eq!(hint, "use one of `page`, `retry`, `throttle`, `wait`, `fail`");
    let (message, _) = refused(
        "[streams.a]\npath = \"/a\"\n[[streams.a.answers]]\nwhen = { status = 400 }\nthen = \"split\"\n",
    );
    assert_eq!(message, "`streams.a.answers`: `then = \"split\"` requires a window, which is halved");
}

#[test]
fn the_end_of_a_listing_can_be_a_condition() {
    let pages = |keys: &str| {
        format!(
            "[streams.a]\npath = \"/a\"\npages = {{ type = \"cursor\", param = \"c\", cursor = \"last:/id\", {keys} }}\n"
        )
    };
    let text = pages(
        "size = 50, total = \"header:X-Total\", ends_at_total = true, max_empty = 5, more = \"/more\", \
         end = [{ short = true }, { at = \"/done\", is = true }, { status = 200 }]",
    );
    let ends = Case::small(&text).load().config.streams["a"].pages.ends.clone();
    assert_eq!((ends.size, ends.max_empty.unwrap().get(), ends.ends_at_total), (Some(50), 5, true));
    assert_eq!(ends.total.unwrap().to_string(), "`header:x-total`");
    let done = ("/done".parse().unwrap(), vec![Comparison::Is(vec![json!(true)])]);
    assert_eq!(
        ends.end,
        [
            LastPage { is_short: true, ..LastPage::default() },
            LastPage { at: Some(done), ..LastPage::default() },
            LastPage { status: vec![StatusMatch::Code(200)], ..LastPage::default() },
        ]
    );
    for (keys, message) in [
        ("end = [{}]", "a condition of `end` requires `at`, `short` or `status`"),
        ("end = [{ short = true }]", "`short` requires `size`, the number of records in a full page"),
        ("ends_at_total = true", "`ends_at_total` requires `total`, the place of the number of records"),
        ("size_param = \"n\", size = 5", ""),
    ] {
        let refused = refusal(&pages(keys));
        if message.is_empty() {
            assert_eq!(refused, "`streams.a.pages.size_param` is not a key of type `cursor`");
        } else {
            assert!(refused.ends_with(message), "{refused}");
        }
    }
}
