//! `match` and `search` of `JSONPath` (RFC 9535 §2.4.6 and §2.4.7), as `serde_json_path` has them.
//!
//! That crate would bring all engines of `regex`, which are a tenth of the build. A path is searched once a page, so the
//! simplest engine is enough.

use regex::Regex;
use serde_json_path::functions::{LogicalType, ValueType};

/// Whether the whole text matches the expression.
#[serde_json_path_macros::function(name = "match")]
fn whole(text: ValueType, expression: ValueType) -> LogicalType {
    matches(&text, &expression, |expression| format!("(?R)^({expression})$"))
}

/// Whether a part of the text matches the expression.
#[serde_json_path_macros::function(name = "search")]
fn part(text: ValueType, expression: ValueType) -> LogicalType {
    matches(&text, &expression, |expression| format!("(?R)({expression})"))
}

/// False if either is not text, or the expression is malformed.
fn matches(text: &ValueType, expression: &ValueType, in_full: impl Fn(&str) -> String) -> LogicalType {
    let texts = text.as_value().zip(expression.as_value());
    let texts = texts.and_then(|(text, expression)| text.as_str().zip(expression.as_str()));
    let found = texts.is_some_and(|(text, expression)| {
        Regex::new(&in_full(expression)).is_ok_and(|regex| regex.is_match(text))
    });
    found.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json_path::JsonPath;

    /// What `path` selects from texts and a number.
    fn select(path: &str) -> Vec<serde_json::Value> {
        let body = json!(["next", "the next page", "Ärger", 5]);
        JsonPath::parse(path).unwrap().query(&body).all().into_iter().cloned().collect()
    }

    #[test]
    fn match_takes_the_whole_text_and_search_a_part() {
        assert_eq!(select("$[?match(@, 'n.xt')]"), [json!("next")]);
        assert_eq!(select("$[?search(@, 'n.xt')]"), [json!("next"), json!("the next page")]);
    }

    #[test]
    fn expressions_know_the_categories_of_unicode() {
        assert_eq!(select(r"$[?match(@, '\\p{Lu}\\p{Ll}+')]"), [json!("Ärger")]);
    }

    #[test]
    fn what_is_no_text_or_no_expression_matches_nothing() {
        assert_eq!(select("$[?search(@, '5')]"), [json!(0); 0]);
        assert_eq!(select("$[?search(@, '(')]"), [json!(0); 0]);
        assert_eq!(select("$[?search(@, 5)]"), [json!(0); 0]);
    }
}
