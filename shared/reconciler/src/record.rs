//! The record: what Systems Manager is asked about drain commands, only where a plan depends on it.
//!
//! A slot that Systems Manager says nothing of waits alone: neither an error nor a long silence keeps the look from the
//! others.

use crate::class::{Class, class};
use crate::ec2::{Ec2, ListedCommand};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use planner::command::{Command, CommandStatus, RECORD_SECONDS, Record};
use planner::ids::{InstanceId, VolumeId};
use planner::observation::Observation;
use planner::plan::Plan;
use std::collections::BTreeSet;
use std::time::Duration;

/// For how long an answer is waited for. The other steps of a look wait too, and are refused after five seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// The plan, with the record looked up where it depends on it.
pub(crate) async fn plan<E: Ec2>(seen: &mut Observation, ec2: &E) -> Plan {
    loop {
        let plan = planner::plan(seen);
        let asks = plan.slots.iter().filter_map(|slot| slot.asks.clone());
        let asks: BTreeSet<InstanceId> = asks.filter(|asked| !seen.records.contains_key(asked)).collect();
        let Some(document) = seen.drain_document.as_deref().filter(|_| !asks.is_empty()) else {
            return plan;
        };
        let began = seen.began;
        let answers = asks.into_iter().map(|instance| async move {
            let record = look_up(ec2, &instance, document, began).await;
            (instance, record)
        });
        let answers = join_all(answers).await;
        // Each round answers what was asked, so there are no more rounds than instances.
        seen.records.extend(answers);
    }
}

async fn look_up<E: Ec2>(ec2: &E, instance: &InstanceId, document: &str, began: DateTime<Utc>) -> Record {
    let since = began - TimeDelta::seconds(RECORD_SECONDS);
    match tokio::time::timeout(PATIENCE, ec2.commands(instance, since)).await {
        Ok(Ok(listed)) => {
            Record::Commands(listed.iter().filter_map(|said| command(said, instance, document)).collect())
        }
        Ok(Err(error)) => {
            tracing::warn!(%instance, %error, "cannot read the record of drain commands");
            match class(&error) {
                Class::Permanent => Record::Refused(error.to_string()),
                Class::Transient | Class::Conflict | Class::DeviceTaken => Record::Unanswered,
            }
        }
        Err(_) => {
            tracing::warn!(%instance, "Systems Manager does not answer");
            Record::Unanswered
        }
    }
}

/// The command, if it is the document's and was sent to this instance alone: the status of one that was sent to several is
/// of all of them, and need not be that of each.
fn command(said: &ListedCommand, instance: &InstanceId, document: &str) -> Option<Command> {
    let alone = matches!(said.instances.as_slice(), [only] if only == instance.as_str());
    if !alone || !is_same_document(&said.document, document) {
        return None;
    }
    let texts = said.volumes.iter().flat_map(|text| text.split_ascii_whitespace());
    let volumes = texts.filter_map(|text| VolumeId::parse(text).ok()).collect();
    Some(Command { volumes, requested: said.requested?, status: status(said) })
}

/// A document has a name, and an ARN that ends with it; either may have been sent, and either may be listed.
fn is_same_document(one: &str, other: &str) -> bool {
    let name = |text: &str| text.rsplit_once(":document/").map(|(_, name)| name.to_owned());
    one == other
        || match (name(one), name(other)) {
            (Some(name), None) => name == other,
            (None, Some(name)) => name == one,
            (Some(_), Some(_)) | (None, None) => false,
        }
}

/// Systems Manager user guide, "Understanding command statuses".
fn status(said: &ListedCommand) -> CommandStatus {
    match (said.status.as_str(), said.details.as_str()) {
        ("Success", "Success" | "") => CommandStatus::Success,
        ("Pending" | "InProgress" | "Delayed" | "Cancelling", _) => CommandStatus::InProgress,
        (status, details) => {
            let how = if details.is_empty() { status } else { details };
            CommandStatus::Failed(format!("the command {} ended as {how}", said.id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner::fixtures::{NOW, at, instance_id, volume_id};

    const ARN: &str = "arn:aws:ssm:us-east-1:123456789012:document/Drain";

    fn listed() -> ListedCommand {
        ListedCommand {
            id: "c-1".to_owned(),
            document: "Drain".to_owned(),
            instances: vec![instance_id(1).to_string()],
            volumes: vec![format!("{} {}", volume_id(1), volume_id(2)), volume_id(3).to_string()],
            requested: Some(at(NOW)),
            status: "Success".to_owned(),
            details: "Success".to_owned(),
        }
    }

    fn read(change: impl FnOnce(&mut ListedCommand)) -> Option<Command> {
        let mut said = listed();
        change(&mut said);
        command(&said, &instance_id(1), "Drain")
    }

    #[test]
    fn a_command_names_the_volumes_of_its_parameter() {
        let volumes = [1, 2, 3].map(volume_id).into();
        let expected = Command { volumes, requested: at(NOW), status: CommandStatus::Success };
        assert_eq!(read(|_| {}), Some(expected));
        let without = read(|said| said.volumes = vec!["banana, vol-".to_owned()]).unwrap();
        assert_eq!(without.volumes, BTreeSet::new());
    }

    #[test]
    fn a_command_to_others_or_to_several_says_nothing() {
        let (one, two) = (instance_id(1).to_string(), instance_id(2).to_string());
        for instances in [vec![], vec![two.clone()], vec![one.clone(), two], vec![one.clone(), one]] {
            assert_eq!(read(|said| said.instances = instances), None);
        }
    }

    #[test]
    fn a_command_without_a_time_says_nothing() {
        assert_eq!(read(|said| said.requested = None), None);
    }

    #[test]
    fn a_command_of_another_document_says_nothing() {
        for other in ["drain", "Drain2", "", "arn:aws:ssm:us-east-1:123456789012:document/Drain2"] {
            assert_eq!(read(|said| said.document = other.to_owned()), None, "{other}");
        }
        assert!(is_same_document("Drain", ARN) && is_same_document(ARN, "Drain"));
        assert!(!is_same_document(ARN, &ARN.replace("123", "321")));
    }

    #[test]
    fn only_a_plain_success_is_one() {
        for (status, details, expected) in [
            ("Success", "", Some(CommandStatus::Success)),
            ("Success", "NoInstancesInTag", None),
            ("success", "", None),
            ("Pending", "Pending", Some(CommandStatus::InProgress)),
            ("InProgress", "InProgress", Some(CommandStatus::InProgress)),
            ("Delayed", "Delayed", Some(CommandStatus::InProgress)),
            ("Cancelling", "Cancelling", Some(CommandStatus::InProgress)),
            ("Cancelled", "Cancelled", None),
            ("Failed", "Incomplete", None),
            ("Failed", "", None),
            ("TimedOut", "DeliveryTimedOut", None),
            ("", "", None),
            ("Surprise", "", None),
        ] {
            let found = read(|said| {
                (said.status, said.details) = (status.to_owned(), details.to_owned());
            });
            let found = found.unwrap().status;
            match expected {
                Some(expected) => assert_eq!(found, expected, "{status} {details}"),
                None => assert!(matches!(found, CommandStatus::Failed(_)), "{status} {details}"),
            }
        }
        let failed = read(|said| {
            (said.status, said.details) = ("TimedOut".to_owned(), "DeliveryTimedOut".to_owned());
        });
        let reason = "the command c-1 ended as DeliveryTimedOut".to_owned();
        assert_eq!(failed.unwrap().status, CommandStatus::Failed(reason));
    }
}
