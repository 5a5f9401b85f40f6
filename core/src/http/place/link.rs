//! The `Link` header (RFC 8288).

use http::{HeaderMap, header::LINK};

/// A link.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Link {
    pub(super) target: String,
    /// The parameters. Their names are in lower case.
    parameters: Vec<(String, String)>,
}

impl Link {
    /// The value of a parameter. If there are several with the same name, the first one counts (RFC 8288 §3.3).
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    }

    /// Whether the link has the relation `rel` to the page itself. One value can name several relations, and their names
    /// are not case-sensitive (§3.3). A link with an anchor belongs to something else (§3.2).
    fn has_relation(&self, rel: &str) -> bool {
        let is_rel = |rels: String| rels.split_whitespace().any(|one| one.eq_ignore_ascii_case(rel));
        self.parameter("rel").is_some_and(is_rel) && self.parameter("anchor").is_none()
    }
}

/// A `Link` header that cannot be parsed, so it may hide the next page.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the `Link` header cannot be parsed: {problem}")]
pub struct MalformedLink {
    problem: &'static str,
}

/// The first link with the relation `rel`.
pub(super) fn find(headers: &HeaderMap, rel: &str) -> Result<Option<Link>, MalformedLink> {
    for field in headers.get_all(LINK) {
        // Bytes above 0x7f are allowed in parameters. Servers send them in UTF-8 or Latin-1.
        let links = parse(&String::from_utf8_lossy(field.as_bytes()))?;
        if let Some(link) = links.into_iter().find(|link| link.has_relation(rel)) {
            return Ok(Some(link));
        }
    }
    Ok(None)
}

/// The relation and the target of each link, and whether it has an anchor, as far as the headers can be parsed.
pub(crate) fn all(headers: &HeaderMap) -> Vec<(String, String, bool)> {
    let fields = headers.get_all(LINK).into_iter();
    let links =
        fields.flat_map(|field| parse(&String::from_utf8_lossy(field.as_bytes())).unwrap_or_default());
    links
        .filter_map(|link| {
            let has_anchor = link.parameter("anchor").is_some();
            Some((link.parameter("rel")?, link.target, has_anchor))
        })
        .collect()
}

/// The links of one field (RFC 8288 §3, appendix B.2). Unlike the RFC's algorithm, this does not skip what it cannot
/// parse.
fn parse(field: &str) -> Result<Vec<Link>, MalformedLink> {
    let malformed = |problem| MalformedLink { problem };
    let mut links = Vec::new();
    let mut rest = field.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let after = rest.strip_prefix('<').ok_or(malformed("a link does not start with `<`"))?;
        let (target, after) = after.split_once('>').ok_or(malformed("a link has no closing `>`"))?;
        let (parameters, after) =
            parameters(after).ok_or(malformed("a quoted value has no closing quote"))?;
        links.push(Link { target: target.trim().to_owned(), parameters });
        if !after.is_empty() && !after.starts_with(',') {
            return Err(malformed("a link is not followed by `;` or `,`"));
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    Ok(links)
}

/// The parameters of a link, and the text after them. Commas and semicolons in a quoted string belong to the string.
fn parameters(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut parameters = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let name = after[..end].trim().to_ascii_lowercase();
        let (value, after) = match after[end..].strip_prefix('=') {
            Some(value) => parameter_value(value.trim_start())?,
            None => (String::new(), &after[end..]),
        };
        parameters.push((name, value));
        rest = after.trim_start();
    }
    Some((parameters, rest))
}

/// A token, or a quoted string with its quoted pairs (RFC 9110 §5.6.4) resolved. `None` if a quote is not closed.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return Some((text[..end].trim().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(field: &str, rel: &str) -> Option<String> {
        let links = parse(field).unwrap();
        links.into_iter().find(|link| link.has_relation(rel)).map(|link| link.target)
    }

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
        assert_eq!(target("<é>; title=\"é\"; rel=next", "next").as_deref(), Some("é"));
        for none in ["", ",,,", "<a>", "<a>;", "<a>;rel", "<a>; foo; =; rel="] {
            assert_eq!(target(none, "next"), None, "{none}");
        }
    }

    #[test]
    fn a_field_that_cannot_be_parsed_is_an_error() {
        for (field, problem) in [
            ("<", "a link has no closing `>`"),
            ("<https://api.example/x?pa", "a link has no closing `>`"),
            ("<a>; rel=\"nex", "a quoted value has no closing quote"),
            ("a; rel=next", "a link does not start with `<`"),
            ("<a>; rel=next, b", "a link does not start with `<`"),
            ("<a> rel=next", "a link is not followed by `;` or `,`"),
        ] {
            let error = parse(field).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the `Link` header cannot be parsed: {problem}"),
                "{field}"
            );
        }
    }

    #[test]
    fn bytes_above_ascii_do_not_hide_a_link() {
        let mut headers = HeaderMap::new();
        let field = b"</x?page=2>; rel=\"next\"; title=\"caf\xe9\"";
        headers.insert(LINK, http::HeaderValue::from_bytes(field).unwrap());
        assert_eq!(find(&headers, "next").unwrap().unwrap().target, "/x?page=2");
    }
}
