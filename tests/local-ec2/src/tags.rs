//! Tags of a resource, and what they were: whoever judges a call must know what its caller may have seen.

use crate::error::ApiError;
use crate::time::Time;
use planner::tags::Tags;
use std::collections::BTreeMap;

/// The most tags of one resource (EC2 user guide, "Tag restrictions"); those of AWS do not count.
const MOST: usize = 50;
/// What only AWS's own services may begin a key with (the same page).
const RESERVED: &str = "aws:";

/// The tags of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagSet {
    tags: Tags,
    /// The last value of each tag that was removed or overwritten, and when.
    former: BTreeMap<String, (String, Time)>,
    /// When each tag was last set, changed or removed.
    changed: BTreeMap<String, Time>,
}

impl TagSet {
    /// Tags as a service of AWS sets them: any key.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let tags = pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { tags, ..Self::default() }
    }

    /// Tags as EC2 lists them.
    pub fn all(&self) -> &Tags {
        &self.tags
    }

    /// The value of a tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    /// The values that the tag has, or had at some time since then.
    pub(crate) fn since<'s>(&'s self, key: &str, time: Time) -> impl Iterator<Item = &'s str> {
        let former =
            self.former.get(key).filter(|(_, until)| *until >= time).map(|(value, _)| value.as_str());
        self.get(key).into_iter().chain(former)
    }

    /// The value that the tag has had ever since then, an empty one if there is no such tag. None: it was changed meanwhile.
    pub(crate) fn settled(&self, key: &str, time: Time) -> Option<&str> {
        let is_settled = self.changed.get(key).is_none_or(|changed| *changed < time);
        is_settled.then(|| self.get(key).unwrap_or_default())
    }

    /// Sets tags, whoever asks for it having been checked by [`TagSet::check`].
    pub(crate) fn set(&mut self, tags: &Tags, now: Time) {
        for (key, value) in tags {
            let old = self.tags.insert(key.clone(), value.clone());
            if old.as_ref() != Some(value) {
                self.changed.insert(key.clone(), now);
                self.former.extend(old.map(|old| (key.clone(), (old, now))));
            }
        }
    }

    /// Removes a tag; of a given value only one of that value (EC2 API reference, `DeleteTags`).
    pub(crate) fn remove(&mut self, key: &str, value: Option<&str>, now: Time) {
        if value.is_some_and(|value| self.get(key) != Some(value)) {
            return;
        }
        if let Some(old) = self.tags.remove(key) {
            self.changed.insert(key.to_owned(), now);
            self.former.insert(key.to_owned(), (old, now));
        }
    }

    /// Removes every tag.
    pub(crate) fn clear(&mut self, now: Time) {
        let tags = std::mem::take(&mut self.tags);
        self.changed.extend(tags.keys().map(|key| (key.clone(), now)));
        self.former.extend(tags.into_iter().map(|(key, value)| (key, (value, now))));
    }

    /// Whether a user may set these tags on a resource that has ours.
    pub(crate) fn check(&self, new: &Tags) -> Result<(), ApiError> {
        check_keys(new.keys())?;
        if let Some(value) = new.values().find(|value| value.chars().count() > 256) {
            return Err(ApiError::value(format!(
                "Tag value exceeds the maximum length of 256 characters: {value}"
            )));
        }
        let own = self.tags.keys().chain(new.keys().filter(|key| !self.tags.contains_key(*key)));
        if own.filter(|key| !key.starts_with(RESERVED)).count() > MOST {
            let message = format!("The maximum number of Tags for a resource has been reached: {MOST}");
            return Err(ApiError::refusal("TagLimitExceeded", message));
        }
        Ok(())
    }
}

/// Whether a user may name these keys. Of a reserved one, code and words are those seen (cloud-custodian #5975,
/// cluster-api-provider-aws #5461); the API reference has `InvalidTagKey.Malformed` for it ("Tag keys cannot be empty or
/// null, and cannot start with aws:"), which is kept for the others.
pub(crate) fn check_keys<'k>(keys: impl Iterator<Item = &'k String>) -> Result<(), ApiError> {
    for key in keys {
        if key.to_ascii_lowercase().starts_with(RESERVED) {
            return Err(ApiError::value(format!(
                "Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal \
                 use"
            )));
        }
        let message = if key.is_empty() || key.chars().count() > 128 {
            format!("Tag key must be 1 to 128 characters long: {key}")
        } else {
            continue;
        };
        return Err(ApiError::refusal("InvalidTagKey.Malformed", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::epoch;
    use chrono::TimeDelta;

    #[test]
    fn what_a_tag_was_is_known_for_a_while() {
        let mut tags = TagSet::new([("a", "1")]);
        tags.set(&Tags::from([("a".to_owned(), "2".to_owned())]), epoch());
        assert_eq!(tags.since("a", epoch()).collect::<Vec<_>>(), ["2", "1"]);
        assert_eq!(tags.since("a", epoch() + TimeDelta::seconds(1)).collect::<Vec<_>>(), ["2"]);
        tags.remove("a", Some("1"), epoch());
        assert_eq!(tags.get("a"), Some("2"));
        tags.remove("a", None, epoch());
        assert_eq!((tags.get("a"), tags.since("a", epoch()).next()), (None, Some("2")));
    }

    #[test]
    fn a_tag_is_settled_once_its_last_change_is_past() {
        let later = epoch() + TimeDelta::seconds(1);
        let mut tags = TagSet::default();
        assert_eq!(tags.settled("a", epoch()), Some(""));
        tags.set(&Tags::from([("a".to_owned(), "1".to_owned())]), epoch());
        assert_eq!((tags.settled("a", epoch()), tags.settled("a", later)), (None, Some("1")));
        tags.set(&Tags::from([("a".to_owned(), "1".to_owned())]), later);
        assert_eq!(tags.settled("a", later), Some("1"));
        tags.remove("a", None, later);
        assert_eq!(tags.settled("a", later), None);
    }
}
