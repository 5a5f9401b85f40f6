//! The query of a URL.

use url::{Url, form_urlencoded};

/// Removes every parameter `name` from the query of `url`. The other parameters keep their spelling, because a server may
/// have signed it.
pub(crate) fn remove(url: &mut Url, name: &str) {
    let Some(query) = url.query() else { return };
    let has_name = |part: &&str| form_urlencoded::parse(part.as_bytes()).any(|(found, _)| found == name);
    let (removed, kept): (Vec<_>, Vec<_>) = query.split('&').partition(has_name);
    if !removed.is_empty() {
        let kept = Some(kept.join("&")).filter(|kept| !kept.is_empty());
        url.set_query(kept.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parameters_keep_their_spelling() {
        let without = |text: &str| {
            let mut url = text.parse().unwrap();
            remove(&mut url, "api key");
            url.to_string()
        };
        assert_eq!(
            without("https://a.example/x?b=%7e+&api%20key=1&api+key=2&&c=%2F"),
            "https://a.example/x?b=%7e+&&c=%2F"
        );
        assert_eq!(without("https://a.example/x?api+key=1"), "https://a.example/x");
        assert_eq!(without("https://a.example/x?b&apikey=1"), "https://a.example/x?b&apikey=1");
        assert_eq!(without("https://a.example/x"), "https://a.example/x");
    }
}
