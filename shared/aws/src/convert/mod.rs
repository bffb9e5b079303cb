//! EC2's answers as the planner's facts.
//!
//! Nothing is guessed here: an id that is none, or the lack of what EC2 always says, is an error that names the
//! field as the EC2 API reference does. An empty text is no text: emulators write `""` where EC2 writes nothing.

mod address;
mod instance;
mod spot_request;
mod volume;

pub(crate) use address::address;
pub(crate) use instance::instance;
pub(crate) use spot_request::spot_request;
pub(crate) use volume::volume;

use aws_sdk_ec2::primitives;
use aws_sdk_ec2::types::Tag;
use chrono::{DateTime, Utc};
use planner::tags::Tags;
use std::fmt::Display;
use std::net::Ipv4Addr;

/// What cannot be understood: the resource, its field, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {field} {problem}", resource.as_deref().unwrap_or("a resource"))]
pub(crate) struct Garbled {
    resource: Option<String>,
    field: &'static str,
    problem: String,
}

impl Garbled {
    fn missing(field: &'static str) -> Self {
        Self { resource: None, field, problem: "is missing".to_owned() }
    }

    /// The same, with the resource named.
    fn of(self, resource: Option<&str>) -> Self {
        Self { resource: text(resource).map(str::to_owned), ..self }
    }
}

/// A text that is not empty.
fn text(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}

/// What the field says, if it says anything.
fn optional<T, E: Display>(
    field: &'static str,
    value: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Garbled> {
    let parsed = text(value).map(parse).transpose();
    parsed.map_err(|error| Garbled { resource: None, field, problem: format!("is wrong: {error}") })
}

/// What the field says; EC2 always says something.
fn required<T, E: Display>(
    field: &'static str,
    value: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Garbled> {
    optional(field, value, parse)?.ok_or_else(|| Garbled::missing(field))
}

fn required_text<'v>(field: &'static str, value: Option<&'v str>) -> Result<&'v str, Garbled> {
    text(value).ok_or_else(|| Garbled::missing(field))
}

fn ipv4(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|_| format!("`{text}` is no IPv4 address"))
}

/// EC2's times, to the second.
fn time(time: &primitives::DateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), 0)
}

fn tags(tags: &[Tag]) -> Tags {
    let pair = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()));
    tags.iter().filter_map(pair).collect()
}
