//! Describe calls: ids, filters, pages, their order, and how old what they show may be.

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::{self, Filter, View};
use crate::time::Time;
use std::fmt::{Display, Write};

/// What a Describe call asks for. Everything, when it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Those of these ids; an id that EC2 does not know makes the call fail.
    pub ids: Vec<String>,
    /// Those that match every one of these.
    pub filters: Vec<Filter>,
    /// How many at most.
    pub max_results: Option<u32>,
    /// Where the page before ended; empty for the first page.
    pub next_token: String,
}

impl Listing {
    /// Those that one filter matches.
    pub fn by(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { filters: vec![Filter::new(name, value)], ..Self::default() }
    }

    /// Those of these ids.
    pub fn of<I: Display>(ids: impl IntoIterator<Item = I>) -> Self {
        Self { ids: ids.into_iter().map(|id| id.to_string()).collect(), ..Self::default() }
    }

    /// The same, so many to a page.
    #[must_use]
    pub fn paged(self, max_results: u32) -> Self {
        Self { max_results: Some(max_results), ..self }
    }

    /// Whether it has neither a filter nor a page. Ids alone are neither, to the letter of EC2's text.
    pub(crate) fn is_broad(&self) -> bool {
        self.filters.is_empty() && self.max_results.is_none() && self.next_token.is_empty()
    }
}

/// Part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// In no particular order.
    pub items: Vec<T>,
    /// What to ask the next page with; none on the last.
    pub next_token: Option<String>,
}

/// How a Describe call pages.
pub(crate) struct Paging {
    /// The action, which a token is good for.
    pub(crate) action: &'static str,
    /// What EC2 calls the list of ids in its refusals.
    pub(crate) ids: &'static str,
    /// The smallest and the largest page (EC2 API reference, each action's `MaxResults`).
    pub(crate) sizes: (u32, u32),
}

impl Paging {
    fn check(&self, listing: &Listing) -> Result<(), ApiError> {
        let (least, most) = self.sizes;
        for (given, parameter) in
            [(listing.max_results.is_some(), "maxResults"), (!listing.next_token.is_empty(), "nextToken")]
        {
            if given && !listing.ids.is_empty() {
                let message =
                    format!("The parameter {} cannot be used with the parameter {parameter}", self.ids);
                return Err(ApiError::combination(message));
            }
        }
        match listing.max_results {
            Some(size) if size < least => Err(ApiError::value(format!(
                "Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than {least}."
            ))),
            Some(size) if size > most => Err(ApiError::value(format!(
                "Value ( {size} ) for parameter maxResults is invalid. Expecting a value less than {most}."
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// A token that only a page of this action is asked with. It carries the listing's order on.
    fn token(&self, order: Order, last: &str) -> String {
        format!("{}/{:x}/{last}", self.action, order.0).bytes().fold(String::new(), |mut token, byte| {
            let _ = write!(token, "{byte:02x}");
            token
        })
    }

    /// The order of the listing that the token is of, and the name after which its page begins.
    fn position(&self, token: &str) -> Result<(Order, String), ApiError> {
        let bytes: Option<Vec<u8>> = (0..token.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok())
            .collect();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let rest = text.strip_prefix(self.action).and_then(|rest| rest.strip_prefix('/'));
        let position = rest.and_then(|rest| {
            let (order, last) = rest.split_once('/')?;
            Some((Order(u64::from_str_radix(order, 16).ok()?), last.to_owned()))
        });
        position
            .ok_or_else(|| ApiError::refusal("InvalidNextToken", format!("The token '{token}' is invalid")))
    }
}

/// The order of a listing. EC2 promises none: "The order of the elements in the response, including those within nested
/// structures, might vary" (EC2 API reference, every Describe action). Each listing has one of its own, by a hash of
/// the names with a number that is drawn for it, so that its pages hold each name once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order(pub(crate) u64);

impl Order {
    /// Where the name stands. Names of one hash stand as they sort.
    pub(crate) fn place(self, name: &str) -> (u64, &str) {
        // FNV-1a; the end spreads what the last letters did over all bits.
        let hash = name.bytes().fold(self.0 ^ 0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        ((hash ^ (hash >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15), name)
    }
}

/// From where on a listing is told.
pub(crate) struct Start {
    order: Order,
    /// The last of the page before; none for the first page.
    after: Option<String>,
}

impl Start {
    /// Whether the page before, or one before that, had the name.
    fn is_past(&self, name: &str) -> bool {
        self.after.as_ref().is_some_and(|after| self.order.place(name) <= self.order.place(after))
    }
}

/// The page of those that stand there, and no more than so many.
pub(crate) fn page<T>(mut items: Vec<(String, T)>, size: usize, paging: &Paging, start: &Start) -> Page<T> {
    items.retain(|(name, _)| !start.is_past(name));
    items.sort_by(|(one, _), (other, _)| start.order.place(one).cmp(&start.order.place(other)));
    let last = size.checked_sub(1).and_then(|last| items.get(last)).filter(|_| items.len() > size);
    let next_token = last.map(|(name, _)| paging.token(start.order, name));
    Page { items: items.into_iter().take(size).map(|(_, item)| item).collect(), next_token }
}

/// What a Describe call shows, and what it is told when that is not there.
pub(crate) struct Subject<'c, K, V> {
    /// Every id that there is, or that an answer may still show.
    pub(crate) all: Vec<K>,
    /// The ids that are asked for; all when there are none.
    pub(crate) asked: Vec<K>,
    /// The resource as it was then.
    pub(crate) view: &'c dyn Fn(&Cloud, &K, Time) -> Option<V>,
    /// The refusal when ids that are asked for are unknown.
    pub(crate) unknown: fn(&[String]) -> ApiError,
}

impl Cloud {
    /// Where a listing begins: a new one in an order of its own.
    pub(crate) fn turn_to(&mut self, paging: &Paging, token: &str) -> Result<Start, ApiError> {
        if token.is_empty() {
            return Ok(Start { order: self.order(), after: None });
        }
        let (order, last) = paging.position(token)?;
        Ok(Start { order, after: Some(last) })
    }

    /// Answers a Describe call. Every resource is looked at on its own, so that an answer may show one as it is and
    /// another as it was.
    pub(crate) fn list<K: Display, V: View>(
        &mut self,
        listing: &Listing,
        paging: &Paging,
        subject: Subject<'_, K, V>,
    ) -> Result<Page<V>, ApiError> {
        filter::check::<V>(&listing.filters)?;
        paging.check(listing)?;
        let start = self.turn_to(paging, &listing.next_token)?;
        let size = listing.max_results.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(usize::MAX));
        let by_id = !subject.asked.is_empty();
        let (mut items, mut unknown) = (Vec::new(), Vec::new());
        for id in if by_id { subject.asked } else { subject.all } {
            let name = id.to_string();
            if start.is_past(&name) {
                continue;
            }
            let at = self.glance();
            match (subject.view)(self, &id, at) {
                None if by_id => unknown.push(name),
                Some(view) if filter::passes(&view, &listing.filters) => items.push((name, view)),
                None | Some(_) => {}
            }
        }
        if unknown.is_empty() {
            Ok(page(items, size, paging, &start))
        } else {
            Err((subject.unknown)(&unknown))
        }
    }
}
