//! The parameters of calls about tags.

use super::{Form, common};
use crate::actions::{CreateTags, DeleteTags};
use crate::error::ApiError;

pub(super) fn create(form: &mut Form) -> Result<CreateTags, ApiError> {
    Ok(CreateTags { resources: form.texts("ResourceId"), tags: common::tags(form)? })
}

/// A tag that has no value here goes whatever its value is; one with an empty value goes only with that (EC2 API
/// reference, `DeleteTags`).
pub(super) fn delete(form: &mut Form) -> Result<DeleteTags, ApiError> {
    let resources = form.texts("ResourceId");
    let tags = form.list("Tag", |tag| {
        let value = tag.has("Value").then(|| tag.text("Value"));
        Ok((tag.text("Key"), value))
    })?;
    Ok(DeleteTags { resources, tags })
}
