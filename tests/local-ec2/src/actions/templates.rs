//! `CreateLaunchTemplate` and `DescribeLaunchTemplates`.

use super::{Operation, TemplateSpec, question};
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::filter::View;
use crate::ids::TemplateId;
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::no_templates;
use crate::state::{LaunchData, LaunchTemplate};
use crate::tags::TagSet;
use crate::throttle::CallKind;
use crate::time::{Time, written};
use planner::tags::Tags;

/// `CreateLaunchTemplate`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct CreateLaunchTemplate {
    pub launch_template_name: String,
    pub data: LaunchData,
    pub tags: Tags,
    pub client_token: String,
}

/// `DescribeLaunchTemplates`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeLaunchTemplates(pub Listing);

impl View for LaunchTemplate {
    const FILTERS: &'static [&'static str] = &["create-time", "launch-template-name"];

    fn values(&self, filter: &str) -> Vec<String> {
        vec![match filter {
            "create-time" => written(self.created),
            "launch-template-name" => self.name.clone(),
            _ => return Vec::new(),
        }]
    }

    fn tags(&self) -> Option<&Tags> {
        Some(self.tags.all())
    }
}

fn template_id(text: &str) -> Result<TemplateId, ApiError> {
    TemplateId::parse(text).ok_or_else(|| {
        let message = format!("Invalid launch template id: '{text}'");
        ApiError::refusal("InvalidLaunchTemplateId.Malformed", message)
    })
}

impl Operation for CreateLaunchTemplate {
    type Answer = LaunchTemplate;

    fn name(&self) -> &'static str {
        "CreateLaunchTemplate"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<LaunchTemplate, ApiError> {
        let name = required("LaunchTemplateName", &self.launch_template_name)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./()".contains(c);
        if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
            let message = format!("The specified launch template name, '{name}', is invalid.");
            return Err(ApiError::refusal("InvalidLaunchTemplateName.MalformedException", message));
        }
        if let Some(made) = cloud.made_before(self, &self.client_token)? {
            return cloud.template(&TemplateSpec { launch_template_id: made, ..TemplateSpec::default() });
        }
        if cloud.templates.values().any(|template| template.name == name) {
            let message = "Launch template name already in use.";
            return Err(ApiError::refusal("InvalidLaunchTemplateName.AlreadyExistsException", message));
        }
        TagSet::default().check(&self.tags)?;
        let mut tags = TagSet::default();
        tags.set(&self.tags, cloud.now);
        let id = cloud.mint.template();
        let (name, created, data) = (name.to_owned(), cloud.now, self.data.clone());
        let template = LaunchTemplate { id: id.clone(), name, created, data, tags };
        cloud.templates.insert(id.clone(), template.clone(), cloud.now);
        cloud.remember(self, &self.client_token, id.as_str());
        Ok(template)
    }
}

impl Operation for DescribeLaunchTemplates {
    type Answer = Page<LaunchTemplate>;

    fn name(&self) -> &'static str {
        "DescribeLaunchTemplates"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<LaunchTemplate>, ApiError> {
        let paging = Paging { action: self.name(), ids: "launchTemplateIds", sizes: (1, 200) };
        let asked = self.0.ids.iter().map(|id| template_id(id)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &TemplateId, at: Time| cloud.templates.as_of(id, at).cloned();
        let all = cloud.templates.ids().cloned().collect();
        cloud.list(&self.0, &paging, Subject { all, asked, view, unknown: no_templates })
    }
}

impl Cloud {
    /// The launch template that a call names by id or by name. It has one version, so `$Latest`, `$Default` and 1 are
    /// the same.
    pub(crate) fn template(&self, spec: &TemplateSpec) -> Result<LaunchTemplate, ApiError> {
        let id = &spec.launch_template_id;
        let name = &spec.launch_template_name;
        let found = match (id.is_empty(), name.is_empty()) {
            (false, true) => {
                let found = self.templates.get(&template_id(id)?);
                found.ok_or_else(|| no_templates(std::slice::from_ref(id)))?
            }
            (true, false) => {
                let found = self.templates.values().find(|template| template.name == *name);
                found.ok_or_else(|| {
                    let message =
                        format!("The specified launch template, with template name {name}, does not exist.");
                    ApiError::refusal("InvalidLaunchTemplateName.NotFoundException", message)
                })?
            }
            (true, true) => return Err(ApiError::missing("LaunchTemplateId or LaunchTemplateName")),
            (false, false) => {
                let message = "Only one of LaunchTemplateId and LaunchTemplateName can be specified.";
                return Err(ApiError::combination(message));
            }
        };
        if !matches!(spec.version.as_str(), "" | "1" | "$Latest" | "$Default") {
            let message = format!("Could not find launch template version {}", spec.version);
            return Err(ApiError::refusal("InvalidLaunchTemplateId.VersionNotFound", message));
        }
        Ok(found.clone())
    }
}
