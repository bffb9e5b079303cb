//! `ListCommands`. Systems Manager does not say in which order it lists.

use super::{Command, Status};
use crate::actions::Operation;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::listing::{Page, Paging, page};
use crate::throttle::CallKind;
use crate::time::Time;
use chrono::DateTime;

/// How many commands are on a page at most (Systems Manager API reference, `ListCommands`).
const MOST: u32 = 50;

/// `ListCommands`, of one instance or of all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Systems Manager's own parameter")]
pub struct ListCommands {
    pub instance_id: String,
    pub filters: Vec<CommandFilter>,
    pub max_results: Option<u32>,
    pub next_token: String,
}

/// `CommandFilter`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Systems Manager's own parameter")]
pub struct CommandFilter {
    pub key: String,
    pub value: String,
}

impl Operation for ListCommands {
    type Answer = Page<Command>;

    fn name(&self) -> &'static str {
        "ListCommands"
    }

    fn kind(&self) -> CallKind {
        CallKind::Question
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<Command>, ApiError> {
        let mut since = Time::MIN_UTC;
        for filter in &self.filters {
            match filter.key.as_str() {
                "InvokedAfter" => {
                    let time = DateTime::parse_from_rfc3339(&filter.value);
                    since =
                        time.map_err(|_| ApiError::refusal("ValidationException", "no timestamp"))?.to_utc();
                }
                key => return Err(ApiError::refusal("InvalidFilterKey", key)),
            }
        }
        let size = self.max_results.unwrap_or(MOST);
        if !(1..=MOST).contains(&size) {
            return Err(ApiError::refusal("ValidationException", "MaxResults has to be from 1 to 50"));
        }
        let paging = Paging { action: self.name(), ids: "CommandId", sizes: (1, MOST) };
        let start = cloud.turn_to(&paging, &self.next_token)?;
        let ids: Vec<String> = cloud.commands.ids().cloned().collect();
        let mut found = Vec::new();
        for id in ids {
            let as_of = cloud.glance();
            let seen = cloud.commands.as_of(&id, as_of).filter(|command| self.asks_for(command, since));
            found.extend(seen.cloned().map(|command| (id, command)));
        }
        Ok(page(found, usize::try_from(size).unwrap_or(usize::MAX), &paging, &start))
    }
}

impl ListCommands {
    /// A command that has not reached the instance is not listed with it: "the command hasn't run on the node yet" (Systems
    /// Manager API reference, `CommandFilter`). That this holds without a filter for the status, too, is assumed: it is
    /// the harder of the two.
    fn asks_for(&self, command: &Command, since: Time) -> bool {
        let is_here = command.instances.iter().any(|instance| instance.as_str() == self.instance_id);
        command.requested >= since
            && (self.instance_id.is_empty() || (is_here && command.status != Status::Pending))
    }
}
