//! Reads `template.yaml`, `examples/`, `events/` and the pages of Markdown so that tests can hold them to the contract. It never
//! guesses: what it does not know of `CloudFormation`, IAM or EventBridge is an error and not a pass.

mod error;
mod files;
mod markdown;
mod parameter;
mod pattern;
mod policy;
mod render;
mod template;
mod yaml;

pub use error::Error;
pub use files::{Sample, function_folders, samples};
pub use markdown::{Page, pages};
pub use parameter::Parameter;
pub use pattern::Pattern;
pub use policy::Statement;
pub use render::{Values, rendered};
pub use template::{Function, Template};
