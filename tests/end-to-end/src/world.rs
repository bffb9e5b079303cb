//! The world that the functions look after: fleets, instances, volumes and addresses of a local EC2, and the parts of
//! EC2 that moto leaves out.

mod lasting;
mod passing;

use crate::Error;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_ec2::error::{DisplayErrorContext, SdkError};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};

pub use lasting::{Address, Attachment};
pub use passing::SpotFleet;

pub(crate) const REGION: &str = "us-east-1";

/// An EC2 as its owner and its operator see it.
#[derive(Debug, Clone)]
pub struct World {
    ec2: Client,
}

impl World {
    pub(crate) fn at(endpoint: &str) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("test", "test", None, None, "the stage"))
            .endpoint_url(endpoint)
            .build();
        Self { ec2: Client::from_conf(config) }
    }

    /// Sets tags, those included that begin with `aws:` and that only EC2 itself may set.
    pub async fn tag(&self, resource: &str, tags: &[(&str, &str)]) -> Result<(), Error> {
        let tags = tags.iter().map(tag).collect();
        let call = self.ec2.create_tags().resources(resource).set_tags(Some(tags)).send().await;
        call.map(drop).map_err(refused("CreateTags"))
    }
}

fn tag((key, value): &(&str, &str)) -> Tag {
    Tag::builder().key(*key).value(*value).build()
}

/// Tags for what is about to be created; nothing when there are none, for EC2 refuses an empty list.
fn specification(kind: ResourceType, tags: &[(&str, &str)]) -> Option<Vec<TagSpecification>> {
    let tags: Vec<Tag> = tags.iter().map(tag).collect();
    let specification = TagSpecification::builder().resource_type(kind).set_tags(Some(tags.clone())).build();
    (!tags.is_empty()).then(|| vec![specification])
}

fn refused<E, R>(action: &'static str) -> impl Fn(SdkError<E, R>) -> Error
where
    SdkError<E, R>: std::error::Error,
{
    move |error| Error::Ec2 { action, reason: DisplayErrorContext(&error).to_string() }
}

fn lacks(action: &'static str, what: &'static str) -> Error {
    Error::Incomplete { action, what }
}

/// What moto writes as an empty string is absent.
fn given(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}
