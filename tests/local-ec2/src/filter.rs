//! Filters of Describe calls: `*`, `?` and their escapes, and which names a kind of resource knows.

use crate::error::ApiError;
use planner::tags::Tags;

/// How many values one filter may have (EC2 user guide, "List and filter using the CLI and API").
const MOST_VALUES: usize = 200;

/// A filter: the resource has one of these values there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Such as `instance-state-name` or `tag:Name`.
    pub name: String,
    /// Patterns, one of which has to match.
    pub values: Vec<String>,
}

impl Filter {
    /// A filter by one pattern.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), values: vec![value.into()] }
    }
}

/// A resource as a Describe call shows it.
pub(crate) trait View {
    /// The filters that it knows, besides those by tag.
    const FILTERS: &'static [&'static str];

    /// What it has there. Nothing matches a filter on what it does not have.
    fn values(&self, filter: &str) -> Vec<String>;

    /// Its tags; none for a view that has no filters by tag.
    fn tags(&self) -> Option<&Tags>;

    /// Whether the kind has filters by tag.
    const TAGGED: bool = true;
}

/// Refuses filters that the kind does not know. "The filter 'attachment.instance-Id' is invalid" (aws/aws-cli #2516).
pub(crate) fn check<V: View>(filters: &[Filter]) -> Result<(), ApiError> {
    for Filter { name, values } in filters {
        let by_tag = V::TAGGED && (name.starts_with("tag:") || name == "tag-key");
        if !by_tag && !V::FILTERS.contains(&name.as_str()) {
            return Err(ApiError::value(format!("The filter '{name}' is invalid")));
        }
        if values.len() > MOST_VALUES {
            let message = "The maximum number of filter values specified on a single call is 200";
            return Err(ApiError::refusal("FilterLimitExceeded", message));
        }
    }
    Ok(())
}

/// Whether every filter matches.
pub(crate) fn passes<V: View>(view: &V, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| {
        let own = values_of(view, &filter.name);
        own.iter().any(|own| filter.values.iter().any(|pattern| is_match(pattern, own)))
    })
}

fn values_of<V: View>(view: &V, name: &str) -> Vec<String> {
    let tags = || view.tags().into_iter().flatten();
    match name.strip_prefix("tag:") {
        Some(key) => tags().filter(|(own, _)| *own == key).map(|(_, value)| value.clone()).collect(),
        None if name == "tag-key" && V::TAGGED => tags().map(|(key, _)| key.clone()).collect(),
        None => view.values(name),
    }
}

enum Token {
    Exactly(char),
    /// `?`: "zero or one character" (EC2 user guide, "List and filter using the CLI and API").
    AtMostOne,
    /// `*`: "zero or more characters" (the same page).
    Any,
}

/// The pattern's tokens. A backslash takes what follows literally, itself when nothing follows.
fn tokens(pattern: &str) -> Vec<Token> {
    let mut characters = pattern.chars();
    let mut tokens = Vec::new();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::AtMostOne,
            '\\' => Token::Exactly(characters.next().unwrap_or('\\')),
            other => Token::Exactly(other),
        });
    }
    tokens
}

/// Whether the whole text matches. Filters are case-sensitive.
pub(crate) fn is_match(pattern: &str, text: &str) -> bool {
    let tokens = tokens(pattern);
    // Position p is reached when the tokens before it match the text so far.
    let mut reached = vec![false; tokens.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    skip(&tokens, &mut reached);
    for character in text.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (position, token) in tokens.iter().enumerate().filter(|(p, _)| reached.get(*p) == Some(&true)) {
            let lands_on = match token {
                Token::Exactly(own) if *own != character => continue,
                Token::Exactly(_) | Token::AtMostOne => position + 1,
                Token::Any => position,
            };
            if let Some(place) = next.get_mut(lands_on) {
                *place = true;
            }
        }
        reached = next;
        skip(&tokens, &mut reached);
    }
    reached.last() == Some(&true)
}

/// Goes past every token that may stand for nothing.
fn skip(tokens: &[Token], reached: &mut [bool]) {
    let mut is_reached = false;
    for (position, place) in reached.iter_mut().enumerate() {
        *place |= is_reached;
        let optional = matches!(tokens.get(position), Some(Token::Any | Token::AtMostOne));
        is_reached = *place && optional;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_ec2_says() {
        for (pattern, text, expected) in [
            ("web", "web", true),
            ("web", "Web", false),
            ("web", "web2", false),
            ("web*", "web", true),
            ("web*", "website", true),
            ("*b", "web", true),
            ("w?b", "web", true),
            ("w?b", "wb", true),
            ("w?b", "weeb", false),
            ("", "", true),
            ("*", "", true),
            ("?", "ab", false),
            ("??", "a", true),
            (r"\*amazon\?\\", r"*amazon?\", true),
            (r"\*", "a", false),
            (r"a\", r"a\", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
