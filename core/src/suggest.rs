//! Suggestions for misspelled names.

/// Returns `" (did you mean `x`?)"` for the name in `known` that is most similar to `typed`, or an empty string if none is
/// similar enough.
pub fn closest<'k, K: AsRef<str> + 'k>(typed: &str, known: impl IntoIterator<Item = &'k K>) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(&typed.to_lowercase(), &name.to_lowercase());
    let ranked = known.into_iter().map(|name| (likeness(name.as_ref()), name.as_ref()));
    match ranked.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((likeness, name)) if likeness > 0.8 => format!(" (did you mean `{name}`?)"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn only_a_likely_name_is_suggested() {
        let known = ["base_url", "timeout", "max_time"];
        assert_eq!(closest("base_ulr", &known), " (did you mean `base_url`?)");
        assert_eq!(closest("TimeOut", &known), " (did you mean `timeout`?)");
        assert_eq!(closest("colour", &known), "");
    }
}
