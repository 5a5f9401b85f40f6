//! Pagination by the `Link` field (RFC 8288).

use http::{Method, header::CONTENT_TYPE};

use super::{Cursor, LoopCheck, PaginationError, Paginator};
use crate::{
    http::request::{Body, Request},
    json::pointer::Pointer,
    listing::page::Page,
};

/// The `Link` field of each answer names the next page.
#[derive(Clone, Debug)]
pub struct LinkHeader {
    /// The relation of the link to follow, such as `next`.
    pub rel: String,
}

impl Paginator for LinkHeader {
    fn reads(&self) -> Vec<Pointer> {
        Vec::new()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        match at {
            None => Ok(()),
            Some(Cursor::Url(url)) => {
                request.url = url.clone();
                request.method = Method::GET;
                request.body = Body::Empty;
                request.headers.remove(CONTENT_TYPE);
                Ok(())
            }
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }

    fn advance(&self, _: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let Some(target) = page.links().iter().find_map(|field| target(field, &self.rel)) else {
            return Ok(None);
        };
        let url = page.url().join(&target).map_err(|_| PaginationError::LinkFieldIsNoUrl)?;
        Ok(Some(Cursor::Url(url)))
    }

    fn ahead(&self, _: &Cursor, _: &Page, _: u64) -> Option<Cursor> {
        None
    }

    fn total(&self, _: &Page) -> Option<u64> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Requests
    }
}

/// The target of the first link in `field` that has the relation `rel` to the page itself (RFC 8288 §3, B.2).
fn target(field: &str, rel: &str) -> Option<String> {
    let mut rest = field;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let (parameters, after) = parameters(after);
        let value =
            |name: &str| parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        // §3.3: one value can name several relations, and their names are not case-sensitive. §3.2: a link with an anchor
        // belongs to something other than the page.
        let has_rel =
            value("rel").is_some_and(|rels| rels.split_whitespace().any(|one| one.eq_ignore_ascii_case(rel)));
        if has_rel && value("anchor").is_none() {
            return Some(target.trim().to_owned());
        }
        rest = after;
    }
    None
}

/// The parameters of a link, and the text after them. Commas and semicolons in a quoted string belong to the string.
/// Names are converted to lower case.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut parameters = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let name = after[..end].trim().to_ascii_lowercase();
        let (value, after) = match after[end..].strip_prefix('=') {
            Some(value) => parameter_value(value.trim_start()),
            None => (String::new(), &after[end..]),
        };
        parameters.push((name, value));
        rest = after.trim_start();
    }
    (parameters, rest)
}

/// A token, or a quoted string with its quoted pairs (RFC 9110 §5.6.4) resolved.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let previous = r#"<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter""#;
        assert_eq!(target(previous, "previous").as_deref(), Some("http://example.com/TheBook/chapter2"));
        assert_eq!(target(previous, "next"), None);
        let two = "</TheBook/chapter2>; rel=\"previous\"; title*=UTF-8'de'letztes%20Kapitel, \
                   </TheBook/chapter4>; rel=\"next\"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel";
        assert_eq!(target(two, "next").as_deref(), Some("/TheBook/chapter4"));
        let both = r#"<http://example.org/>; rel="start http://example.net/relation/other""#;
        assert_eq!(target(both, "start").as_deref(), Some("http://example.org/"));
        assert_eq!(target(r##"</>; rel="copyright"; anchor="#foo""##, "copyright"), None);
    }

    #[test]
    fn quoted_commas_odd_cases_and_bare_relations_are_read() {
        let field = r#"<https://a.example/?a=1,2;3>; title="one, <two>; rel=\"next\""; rel=prev , <b?x=%3E>;REL = "NEXT last""#;
        assert_eq!(target(field, "next").as_deref(), Some("b?x=%3E"));
        assert_eq!(target(field, "prev").as_deref(), Some("https://a.example/?a=1,2;3"));
        assert_eq!(target("<c>;rel=next,<d>;rel=next", "next").as_deref(), Some("c"));
    }

    #[test]
    fn what_is_not_a_link_names_nothing() {
        for field in [
            "",
            "<",
            "<a",
            "<a>",
            "<a>;",
            "<a>;rel",
            "a; rel=next",
            "<a>; rel=\"nex",
            ",,,",
            "<a>; foo; =; rel=",
        ] {
            assert_eq!(target(field, "next"), None, "{field}");
        }
    }
}
