//! The spellings in which a server may quote a secret.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use memchr::memmem;

const HIDDEN: &str = "***";

/// How far the end of an entity of HTML is looked for. Bodies are long, and may have many `&`.
const ENTITY: usize = 32;

/// The shortest part of a secret in Base64 that is looked for. Shorter parts would be found by chance.
const SHORTEST: usize = 6;

/// `text` with `secret` replaced, in any spelling.
pub(super) fn redact(text: &str, secret: &str) -> String {
    let parts: Vec<_> = (0..3).flat_map(|offset| encoded(secret.as_bytes(), offset)).collect();
    let text = in_base64(&in_characters(text, secret), &parts);
    // These characters of Base64 are encoded in their turn in JSON and URLs.
    let spelled = parts.iter().filter(|part| part.contains(['+', '/']));
    spelled.fold(text, |text, part| in_characters(&text, part))
}

/// Replaces `secret` wherever its characters follow one another, each in any spelling.
fn in_characters(text: &str, secret: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    // Most characters cannot begin any spelling, and bodies are long.
    let begins = |byte: &u8| b"+%\\&".contains(byte) || secret.as_bytes().first() == Some(byte);
    while let Some(start) = rest.as_bytes().iter().position(begins) {
        redacted.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(length) = spelled(rest, secret) {
            redacted.push_str(HIDDEN);
            rest = &rest[length..];
        } else if let Some(first) = rest.chars().next() {
            redacted.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    redacted.push_str(rest);
    redacted
}

/// How many bytes at the start of `text` spell `secret`, if they do.
fn spelled(text: &str, secret: &str) -> Option<usize> {
    let Some(expected) = secret.chars().next() else { return Some(0) };
    let spellings = [plain, plus, percent, escape, entity, doubled];
    spellings.into_iter().find_map(|spelling| {
        let (_, length) = spelling(text).filter(|(found, _)| *found == expected)?;
        Some(length + spelled(&text[length..], &secret[expected.len_utf8()..])?)
    })
}

/// Each of these reads one character at the start of `text`, and how many bytes it takes there.
fn plain(text: &str) -> Option<(char, usize)> {
    text.chars().next().map(|found| (found, found.len_utf8()))
}

/// A space in a form.
fn plus(text: &str) -> Option<(char, usize)> {
    text.starts_with('+').then_some((' ', 1))
}

/// `%XX` for each byte of UTF-8 (RFC 3986 §2.1).
fn percent(text: &str) -> Option<(char, usize)> {
    let mut bytes = Vec::new();
    while bytes.len() < 4 {
        let encoded = text.get(bytes.len() * 3..bytes.len() * 3 + 3)?.strip_prefix('%')?;
        bytes.push(u8::from_str_radix(encoded, 16).ok()?);
        if let Some(found) = str::from_utf8(&bytes).ok().and_then(|decoded| decoded.chars().next()) {
            return Some((found, bytes.len() * 3));
        }
    }
    None
}

/// An escape of JSON (RFC 8259 §7).
fn escape(text: &str) -> Option<(char, usize)> {
    let escaped = text.strip_prefix('\\')?;
    let found = match escaped.chars().next()? {
        'u' => return unicode(escaped),
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        same @ ('"' | '\\' | '/') => same,
        _ => return None,
    };
    Some((found, 2))
}

/// `\u` and four digits, or two of these for a character beyond the basic plane. `escaped` starts after the first backslash.
fn unicode(escaped: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u16::from_str_radix(text.get(1..5)?, 16).ok();
    let first = unit(escaped)?;
    if let Some(found) = char::from_u32(first.into()) {
        return Some((found, 6));
    }
    let second = unit(escaped.get(5..)?.strip_prefix('\\')?)?;
    let found = char::decode_utf16([first, second]).next()?.ok()?;
    Some((found, 12))
}

/// An entity of HTML.
fn entity(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('&')?;
    let end = rest.bytes().take(ENTITY).position(|byte| byte == b';')?;
    let name = &rest[..end];
    let found = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((found, name.len() + 2))
}

/// A character that is encoded twice: JSON in a string of JSON, or a URL in a parameter of another one.
fn doubled(text: &str) -> Option<(char, usize)> {
    let encodings = [percent, escape, entity];
    let decode = |text: &str| encodings.into_iter().find_map(|encoding| encoding(text));
    let mut once = String::new();
    // Where each character ends, decoded and in the text.
    let mut ends = Vec::new();
    let mut at = 0;
    while ends.len() < LONGEST {
        let rest = &text[at..];
        let Some((found, length)) = decode(rest).or_else(|| plain(rest)) else { break };
        // If it is not what another encoding begins with, there is no other one.
        if once.is_empty() && (!"%\\&+".contains(found) || length == 1) {
            return None;
        }
        once.push(found);
        at += length;
        ends.push((once.len(), at));
    }
    let (found, length) = decode(&once).or_else(|| plus(&once))?;
    let (_, end) = ends.into_iter().find(|(decoded, _)| *decoded == length)?;
    Some((found, end))
}

/// The most characters that encode another one.
const LONGEST: usize = 12;

/// Replaces words of Base64 that contain one of `parts`, such as the value of HTTP Basic.
fn in_base64(text: &str, parts: &[String]) -> String {
    // Bodies are long, and none of the parts is in most of them.
    if !parts.iter().any(|part| memmem::find(text.as_bytes(), part.as_bytes()).is_some()) {
        return text.to_owned();
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        redacted.push_str(if parts.iter().any(|part| word.contains(part)) { HIDDEN } else { word });
        let separator = after.chars().next().map_or(0, char::len_utf8);
        redacted.push_str(&after[..separator]);
        rest = &after[separator..];
    }
    redacted
}

/// The characters that `secret` has in both alphabets of Base64 after `offset` other bytes, whatever is around it.
fn encoded(secret: &[u8], offset: usize) -> Vec<String> {
    let padded = [&[0; 2][..offset], secret].concat();
    // Characters that also depend on other bytes are left out.
    let (start, end) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    if end.saturating_sub(start) < SHORTEST {
        return Vec::new();
    }
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|engine| engine.encode(&padded)[start..end].to_owned()).into()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use url::form_urlencoded;

    use super::*;

    const SECRETS: [&str; 6] =
        ["hunter2!", "a b&c/d", "p\"q\\r<s>'t", "größe=10%+x", "t0ken.with-every_kind~", "🔑 of the realm"];

    /// Every spelling that a server may use.
    fn spellings(secret: &str) -> Vec<String> {
        let json = serde_json::Value::from(secret).to_string();
        let json = json[1..json.len() - 1].to_owned();
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let units = |upper: bool| {
            let unit = |unit: u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
            secret.encode_utf16().map(unit).collect::<String>()
        };
        let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];
        let html = entities.iter().fold(secret.to_owned(), |text, (c, entity)| text.replace(c, entity));
        let basic = |prefix: &str| STANDARD.encode(format!("{prefix}:{secret}"));
        vec![
            secret.to_owned(),
            json.replace('/', "\\/"),
            json,
            lower_case_escapes(&percent),
            percent,
            lower_case_escapes(&form),
            form,
            units(true),
            units(false),
            html.replace("&#39;", "&#x27;"),
            html,
            secret.chars().fold(String::new(), |text, c| text + &format!("&#{};", u32::from(c))),
            STANDARD.encode(secret),
            URL_SAFE.encode(secret),
            basic("a"),
            basic("id"),
            basic("my-client"),
        ]
    }

    fn lower_case_escapes(text: &str) -> String {
        let mut parts = text.split('%');
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |whole, part| whole + "%" + &part[..2].to_lowercase() + &part[2..])
    }

    #[test]
    fn every_spelling_is_replaced() {
        for secret in SECRETS {
            for spelling in spellings(secret) {
                let redacted = redact(&format!("the client sent `{spelling}`, twice: {spelling}"), secret);
                assert_eq!(redacted, "the client sent `***`, twice: ***", "{spelling}");
            }
        }
    }

    #[test]
    fn spellings_within_others_are_replaced() {
        for secret in SECRETS {
            let spellings = spellings(secret);
            // Those in Base64 follow.
            for spelling in &spellings[..spellings.len() - 5] {
                let json = serde_json::Value::from(format!("sent `{spelling}`")).to_string();
                assert_eq!(redact(&json, secret), "\"sent `***`\"", "{json}");
                let slashes = json.replace('/', "\\/");
                assert_eq!(redact(&slashes, secret), "\"sent `***`\"", "{slashes}");
                let twice = utf8_percent_encode(spelling, NON_ALPHANUMERIC).to_string();
                assert_eq!(redact(&format!("/x?a={twice}&b=1"), secret), "/x?a=***&b=1", "{twice}");
                let html = spelling.replace('&', "&amp;");
                assert_eq!(redact(&format!("<b>{html}</b>"), secret), "<b>***</b>", "{html}");
            }
        }
        let secret = "a?>b?>c?>";
        for spelling in [STANDARD.encode(secret), STANDARD.encode(format!("id:{secret}"))] {
            assert!(spelling.contains('/') || spelling.contains('+'), "{spelling}");
            let json = redact(&format!("\"Basic {}\"", spelling.replace('/', "\\/")), secret);
            let form: String = form_urlencoded::byte_serialize(spelling.as_bytes()).collect();
            for redacted in [json, redact(&form, secret)] {
                assert!(redacted.contains("***") && redacted.len() < 18, "{spelling}: {redacted}");
            }
        }
    }

    #[test]
    fn other_text_is_left_alone() {
        let text = "100% of `+` & \\u12 &#x; &amp; %zz %e2%82 \\ua hunter2 QUJDREVGRw== Größe &hunter;";
        assert_eq!(redact(text, "hunter2!"), text);
        assert_eq!(redact("client 007 is unknown, 007!", "007"), "client *** is unknown, ***!");
    }
}
