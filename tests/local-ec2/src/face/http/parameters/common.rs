//! What many actions have in common: filters, pages, tags.

use super::Form;
use crate::error::ApiError;
use crate::filter::Filter;
use crate::listing::Listing;
use crate::state::TagSpecification;
use planner::tags::Tags;

/// `Filter.1.Name`, `Filter.1.Value.1` and so on.
pub(super) fn filters(form: &mut Form) -> Result<Vec<Filter>, ApiError> {
    form.list("Filter", |filter| Ok(Filter { name: filter.text("Name"), values: filter.texts("Value") }))
}

/// Ids and pages.
pub(super) fn pages(form: &mut Form, ids: &str) -> Result<Listing, ApiError> {
    let (ids, max_results) = (form.texts(ids), form.number("MaxResults")?);
    Ok(Listing { ids, max_results, next_token: form.text("NextToken"), ..Listing::default() })
}

/// Ids, filters and pages.
pub(super) fn listing(form: &mut Form, ids: &str) -> Result<Listing, ApiError> {
    Ok(Listing { filters: filters(form)?, ..pages(form, ids)? })
}

/// `Tag.1.Key`, `Tag.1.Value` and so on.
pub(super) fn tags(form: &mut Form) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for (key, value) in form.list("Tag", |tag| Ok((tag.text("Key"), tag.text("Value"))))? {
        if tags.contains_key(&key) {
            return Err(ApiError::value(format!("Duplicate tag key '{key}' specified.")));
        }
        tags.insert(key, value);
    }
    Ok(tags)
}

/// `TagSpecification.1.ResourceType`, `TagSpecification.1.Tag.1.Key` and so on, for the resources that a call makes.
pub(super) fn tag_specifications(form: &mut Form, made: &[&str]) -> Result<Vec<TagSpecification>, ApiError> {
    form.list("TagSpecification", |specification| {
        let resource_type = specification.text("ResourceType");
        if !made.contains(&resource_type.as_str()) {
            return Err(ApiError::value(format!(
                "'{resource_type}' is not a valid taggable resource type for this operation."
            )));
        }
        Ok(TagSpecification { resource_type, tags: tags(specification)? })
    })
}

/// The tags of the one resource that a call makes.
pub(super) fn tags_of(form: &mut Form, made: &str) -> Result<Tags, ApiError> {
    Ok(tag_specifications(form, &[made])?.into_iter().flat_map(|specification| specification.tags).collect())
}
