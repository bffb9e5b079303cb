//! The parameters of a call as the query protocol spells them: `Filter.1.Value.2` is a form within a form.
//!
//! Whatever is read is taken out, so that what is left over is what the action does not know. None is ignored in
//! silence.

use crate::error::ApiError;
use std::collections::BTreeMap;
use std::str::FromStr;

/// How many parts a name may have. EC2's longest has eight.
const MOST_PARTS: usize = 12;

/// Parameters by name.
#[derive(Debug, Default)]
pub(super) struct Form {
    text: Option<String>,
    parts: BTreeMap<String, Form>,
}

impl Form {
    /// Reads `name=value` pairs, with their escapes.
    pub(super) fn parse(query: &[u8], body: &[u8]) -> Result<Self, ApiError> {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(query).chain(form_urlencoded::parse(body)) {
            form.add(&name, &value)?;
        }
        Ok(form)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), ApiError> {
        if name.split('.').count() > MOST_PARTS {
            return Err(malformed(&format!("{name} has too many parts")));
        }
        let place = name.split('.').fold(self, |form, part| form.parts.entry(part.to_owned()).or_default());
        match place.text.replace(value.to_owned()) {
            None => Ok(()),
            Some(_) => Err(malformed(&format!("{name} is given twice"))),
        }
    }

    /// The text of that name; empty when there is none.
    pub(super) fn text(&mut self, name: &str) -> String {
        self.parts.get_mut(name).and_then(|part| part.text.take()).unwrap_or_default()
    }

    /// Whether the parameter has that text, which stays.
    pub(super) fn says(&self, name: &str, text: &str) -> bool {
        self.parts.get(name).and_then(|part| part.text.as_deref()) == Some(text)
    }

    /// The same, of a parameter that has to be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, ApiError> {
        let text = self.text(name);
        if text.is_empty() { Err(ApiError::missing(name)) } else { Ok(text) }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        self.value(name, "true or false")
    }

    /// A whole number.
    pub(super) fn number<N: FromStr>(&mut self, name: &str) -> Result<Option<N>, ApiError> {
        self.value(name, "a whole number")
    }

    /// The same, of a parameter that has to be there.
    pub(super) fn required_number<N: FromStr>(&mut self, name: &str) -> Result<N, ApiError> {
        self.number(name)?.ok_or_else(|| ApiError::missing(name))
    }

    fn value<V: FromStr>(&mut self, name: &str, expected: &str) -> Result<Option<V>, ApiError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |_| {
            ApiError::value(format!("Value ({text}) for parameter {name} is invalid. Expecting {expected}."))
        };
        text.parse().map(Some).map_err(wrong)
    }

    /// The members `name.1`, `name.2` and so on, in the order of their numbers.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Self) -> Result<T, ApiError>,
    ) -> Result<Vec<T>, ApiError> {
        let members = self.parts.get_mut(name).map(|list| &mut list.parts).into_iter().flatten();
        let mut numbered: Vec<(u32, &mut Self)> =
            members.filter_map(|(number, member)| Some((number.parse().ok()?, member))).collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, member)| read(member)).collect()
    }

    /// The same, of texts.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let text = |member: &mut Self| Ok(member.text.take().unwrap_or_default());
        self.list(name, text).unwrap_or_default()
    }

    /// What begins with that name and a dot.
    pub(super) fn group(&mut self, name: &str) -> &mut Self {
        self.parts.entry(name.to_owned()).or_default()
    }

    /// Whether anything of that name, or that begins with it and a dot, is left.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.get(name).is_some_and(|part| part.leftover().is_some())
    }

    /// Takes what makes no difference here.
    pub(super) fn skip(&mut self, names: &[&str]) {
        for name in names {
            self.parts.remove(*name);
        }
    }

    /// Refuses what nobody has read.
    pub(super) fn finish(&self) -> Result<(), ApiError> {
        let unknown =
            |name| ApiError::refusal("UnknownParameter", format!("The parameter {name} is not recognized"));
        self.leftover().map_or(Ok(()), |name| Err(unknown(name)))
    }

    /// The name of a parameter that is left.
    fn leftover(&self) -> Option<String> {
        if self.text.is_some() {
            return Some(String::new());
        }
        self.parts.iter().find_map(|(name, part)| match part.leftover()? {
            rest if rest.is_empty() => Some(name.clone()),
            rest => Some(format!("{name}.{rest}")),
        })
    }
}

/// EC2 API reference, "Error codes": "The query string contains a syntax error."
fn malformed(what: &str) -> ApiError {
    ApiError::refusal("MalformedQueryString", format!("The query string contains a syntax error: {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::parse(b"", text.as_bytes()).unwrap()
    }

    fn code<T: std::fmt::Debug>(result: Result<T, ApiError>) -> &'static str {
        result.unwrap_err().code
    }

    #[test]
    fn lists_are_read_in_the_order_of_their_numbers() {
        let mut form = form("Id.10=c&Id.2=b&Id.1=a%20%C3%A9");
        assert_eq!(form.texts("Id"), ["a é", "b", "c"]);
        form.finish().unwrap();
    }

    #[test]
    fn what_nobody_reads_is_refused_by_name() {
        let mut form = form("A=1&B.1.C=2&B.x=3");
        form.text("A");
        form.list("B", |member| Ok(member.text("C"))).unwrap();
        let error = form.finish().unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            ("UnknownParameter", "The parameter B.x is not recognized")
        );
        form.skip(&["B"]);
        form.finish().unwrap();
    }

    #[test]
    fn values_that_are_none_are_refused() {
        assert_eq!(code(form("Size=1x").number::<u32>("Size")), "InvalidParameterValue");
        assert_eq!(code(form("Force=yes").flag("Force")), "InvalidParameterValue");
        assert_eq!(form("Force=").flag("Force"), Ok(None));
        assert_eq!(code(form("").required_number::<u32>("Size")), "MissingParameter");
    }

    #[test]
    fn a_name_cannot_be_given_twice_nor_be_endless() {
        assert_eq!(code(Form::parse(b"A=1", b"A=2")), "MalformedQueryString");
        assert_eq!(code(Form::parse(b"", "a.".repeat(500_000).as_bytes())), "MalformedQueryString");
    }
}
