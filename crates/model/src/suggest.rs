//! `did you mean …?`, for whoever reads what a person wrote.

/// `; did you mean X?` when one of the known words is near the wrong one; else nothing.
#[must_use]
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const NEAR: f64 = 0.75;
    let wrong = wrong.to_lowercase();
    let near = known.into_iter().map(|name| {
        let score = strsim::jaro_winkler(&wrong, &name.to_lowercase());
        (score, name)
    });
    let best = near.filter(|(score, _)| *score >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["server.listen", "server.tls_key"];
        assert_eq!(did_you_mean("server.Lissten", known), "; did you mean server.listen?");
        assert_eq!(did_you_mean("zzz", known), "");
    }
}
