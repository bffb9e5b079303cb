//! Every finding has an example that produces it, names its resource and says what to do.
//!
//! A new finding does not compile here before it has an example.

use crate::expected::{attach, of};
use planner::command::CommandStatus;
use planner::finding::{Finding, Severity};
use planner::fixtures::{
    Look, NOW, address, at, command, device, elastic, instance, instance_id, look, volume, volume_id,
};
use planner::ids::{FleetName, SlotName};
use planner::memory::{Accepted, Failure};
use planner::observation::{AttachmentState, InstanceState, VolumeState};
use planner::tags::{DEVICE, HANDOVER, PAUSED};

/// A finding's name, what its message has to say, and a look that leads to it.
type Example = (&'static str, &'static str, Look);

macro_rules! examples {
    (planned { $($planned:ident $says:literal $look:expr;)* } elsewhere { $($elsewhere:ident $finding:expr;)* }) => {
        fn name(finding: &Finding) -> &'static str {
            match finding {
                $(Finding::$planned { .. } => stringify!($planned),)*
                $(Finding::$elsewhere { .. } => stringify!($elsewhere),)*
            }
        }

        fn examples() -> Vec<Example> {
            vec![$((stringify!($planned), $says, $look)),*]
        }

        /// Findings that the planner never makes: it sees no fleet of which nothing is tagged.
        fn elsewhere() -> Vec<(&'static str, Finding)> {
            vec![$((stringify!($elsewhere), $finding)),*]
        }
    };
}

examples! {
    planned {
        UnusableFleetName "write the fleet's full name in the tag"
            look().sees(volume(1)).but(|o| o.fleet = FleetName::new("*"));
        UnknownPolicy "remove the tag"
            look().sees(volume(1).tagged(&[(HANDOVER, "banana")]));
        PoliciesDisagree "tag them alike"
            look()
                .sees(volume(1).tagged(&[(HANDOVER, "on-release")]))
                .sees(volume(2).tagged(&[(HANDOVER, "drain")]));
        InvalidDevice "remove the tag"
            look().sees(volume(1).tagged(&[(DEVICE, "banana")]));
        InvalidPaused "remove the tag"
            look().sees(volume(1).tagged(&[(PAUSED, "banana")]));
        SeveralZones "a slot of its own"
            look().sees(volume(1)).sees(volume(2).in_zone("b"));
        SameDevice "give each its own"
            look().sees(volume(1)).sees(volume(2).tagged(&[(DEVICE, "/dev/sdf")]));
        TooManyVolumes "spread them over several slots"
            (1..=12).fold(look(), |seen, n| seen.sees(volume(n)));
        FirstDevicesDisagree "tag them alike"
            look()
                .sees(volume(1).tagged(&[(DEVICE, "/dev/sdh")]))
                .sees(volume(2).in_slot("other"));
        MultiAttach "untag the volume"
            look().sees(volume(1).but(|v| v.multi_attach = true));
        RootDevice "untag it"
            look()
                .sees(instance(1).but(|i| i.root_device = Some(device('f'))))
                .sees(volume(1).on(1));
        VolumeOutsideFleet "correct the tag"
            look().sees(instance(1).of_fleets(&[])).sees(volume(1).on(1));
        AddressOutsideFleet "correct the tag"
            look().sees(instance(1).of_fleets(&[])).sees(address(1).on(1));
        SeveralInstances "detach one side"
            look()
                .sees(instance(1))
                .sees(instance(2))
                .sees(volume(1).on(1))
                .sees(volume(2).at(2, 'g', AttachmentState::Attached));
        StuckAttaching "replace the instance"
            look().sees(instance(1)).sees(
                volume(1)
                    .at(1, 'f', AttachmentState::Attaching)
                    .but(|v| v.attachments[0].since = Some(at(NOW - 100))),
            );
        TakenBack "KMS key"
            look().sees(instance(1)).sees(volume(1)).but(|o| {
                let accepted = Accepted { instance: instance_id(1), at: at(NOW - 10) };
                o.memory.accepted.insert(volume_id(1), accepted);
            });
        UnusableVolume "restore it from a snapshot"
            look().sees(volume(1).but(|v| v.state = VolumeState::Unusable));
        SharedHolder "detach the others by hand"
            look()
                .sees(instance(1))
                .sees(volume(1).on(1))
                .sees(volume(2).in_slot("other").at(1, 'g', AttachmentState::Attached));
        TooFewPrivateAddresses "assign more"
            look()
                .sees(instance(1))
                .sees(volume(1).on(1))
                .sees(address(1).on(1))
                .sees(address(2));
        PrivateAddressTaken "assign the interface another private address"
            look()
                .sees(instance(1).but(|i| i.interfaces[0].addresses[0].elastic = Some(elastic(99))))
                .sees(volume(1).on(1))
                .sees(address(1));
        Refused "UnauthorizedOperation"
            look().sees(instance(1)).sees(volume(1)).but(|o| {
                o.memory.failures.push(Failure {
                    slot: Some(SlotName::new("main")),
                    step: attach(1, 1, 'f'),
                    reason: "UnauthorizedOperation".to_owned(),
                });
            });
        NoCandidate "in a"
            look().sees(volume(1));
        NotReleased "until the instance has ended or stopped"
            look().sees(instance(1).is(InstanceState::Stopping)).sees(volume(1).on(1));
        HolderUnknown "its release is awaited"
            look().sees(volume(1).on(1));
        HolderDraining "until EC2 releases it"
            look().sees(instance(1).draining("by hand")).sees(volume(1).on(1));
        NotTerminated "DeleteOnTermination"
            look()
                .sees(instance(1).draining("by hand"))
                .sees(volume(1).tagged(&[(HANDOVER, "terminate")]).on(1).but(|v| {
                    v.attachments[0].delete_on_termination = true;
                }));
        NotDrained "as with on-release: ExecutionTimedOut"
            look()
                .sees(instance(1).draining("by hand"))
                .sees(instance(2))
                .sees(volume(1).tagged(&[(HANDOVER, "drain")]).on(1))
                .records(1, &[command(5, &[1], CommandStatus::Failed("ExecutionTimedOut".to_owned()))]);
        Drained "as soon as a candidate runs"
            look()
                .sees(instance(1).draining("spot-interruption-warning 2026-11-23T12:15:00Z"))
                .sees(volume(1).tagged(&[(HANDOVER, "drain")]).on(1))
                .records(1, &[command(5, &[1], CommandStatus::Success)]);
        HolderStarting "is starting"
            look().sees(instance(1).is(InstanceState::Pending)).sees(volume(1).on(1));
        Detaching "unmount it"
            look().sees(instance(1)).sees(volume(1).at(1, 'f', AttachmentState::Busy));
        VolumeCreating "being created"
            look().sees(volume(1).but(|v| v.state = VolumeState::Creating));
        Hibernated "start it, or terminate it"
            look()
                .sees(instance(1).is(InstanceState::Stopped).but(|i| i.hibernation = true))
                .sees(volume(1).on(1));
        NoDeviceLeft "detach something from it"
            look()
                .sees(('g'..='p').fold(instance(1), |instance, letter| instance.using(letter, 90)))
                .sees(volume(1).on(1))
                .sees(volume(2));
        AddressHolderUnknown "its release is awaited"
            look().sees(instance(2)).sees(address(1).on(9));
        AddressOnPaused "until holdfast:paused is removed"
            look().sees(instance(1).paused()).sees(instance(2)).sees(volume(1).on(2)).sees(address(1).on(1));
        DeviceRefused "not visible yet"
            look().sees(instance(1)).sees(volume(1)).but(|o| {
                o.memory.refused_devices.insert((instance_id(1), device('f')), at(NOW));
            });
        DeleteOnTermination "modify-instance-attribute"
            look()
                .sees(instance(1))
                .sees(volume(1).on(1).but(|v| v.attachments[0].delete_on_termination = true));
        NoDrainDocument "set the parameter AllowDrain"
            look().but(|o| o.drain_document = None).sees(volume(1).tagged(&[(HANDOVER, "drain")]));
        SeveralFleets "correct its tags"
            look()
                .but(|o| { o.managed.insert(FleetName::new("shop")); })
                .sees(instance(1).of_fleets(&["web", "shop"]));
        ZoneWithoutVolume "keep the group to subnets there"
            look()
                .sees(instance(1).in_zone("b").in_group("Pending:Wait"))
                .sees(volume(1))
                .hooks(&["holdfast"], &[]);
        GroupRefused "AccessDenied"
            look()
                .sees(instance(1).in_group("InService"))
                .but(|o| o.refusals.extend(["DescribeLifecycleHooks: AccessDenied".to_owned()]));
    }
    elsewhere {
        UnmanagedFleet Finding::UnmanagedFleet { fleet: FleetName::new("web") };
    }
}

/// One of each kind of finding.
pub(crate) fn one_of_each() -> Vec<Finding> {
    let planned = examples().into_iter().map(|(wanted, _, seen)| produced(wanted, &seen));
    planned.chain(elsewhere().into_iter().map(|(_, finding)| finding)).collect()
}

/// The finding of that name which the look leads to.
fn produced(wanted: &str, seen: &Look) -> Finding {
    let plan = planner::plan(&seen.0);
    let of_slots = plan.slots.into_iter().flat_map(|slot| slot.findings);
    let all: Vec<Finding> = of_slots.chain(plan.findings).collect();
    let found = all.iter().find(|finding| name(finding) == wanted).cloned();
    assert!(found.is_some(), "{wanted} is not among {all:?}");
    found.unwrap_or(Finding::NoCandidate(String::new()))
}

#[test]
fn every_finding_has_an_example() {
    for (wanted, _, seen) in examples() {
        assert_eq!(name(&produced(wanted, &seen)), wanted);
    }
    for (wanted, finding) in elsewhere() {
        assert_eq!(name(&finding), wanted);
    }
}

#[test]
fn message_names_the_resource_and_says_what_to_do() {
    for (wanted, says, seen) in examples() {
        let finding = produced(wanted, &seen);
        let message = finding.to_string();
        assert!(message.contains(says), "{wanted}: {message}");
        assert!(!message.ends_with('.'), "{wanted}: {message}");
        let resource = finding.resource().unwrap_or_default();
        assert!(message.contains(resource), "{wanted}: {message}");
    }
}

#[test]
fn finding_names_a_resource_unless_it_is_about_none() {
    let about_none =
        ["UnusableFleetName", "TooManyVolumes", "NoCandidate", "NoDrainDocument", "GroupRefused"];
    for (wanted, _, seen) in examples() {
        let named = produced(wanted, &seen).resource().is_some();
        assert_eq!(named, !about_none.contains(&wanted), "{wanted}");
    }
}

#[test]
fn finding_that_a_tag_is_to_blame_for_names_the_tag() {
    use planner::tags::{FLEET, SLOT};
    let tagged = [
        ("UnusableFleetName", FLEET),
        ("UnknownPolicy", HANDOVER),
        ("PoliciesDisagree", HANDOVER),
        ("InvalidDevice", DEVICE),
        ("InvalidPaused", PAUSED),
        ("SeveralZones", SLOT),
        ("SameDevice", DEVICE),
        ("TooManyVolumes", SLOT),
        ("FirstDevicesDisagree", DEVICE),
        ("MultiAttach", FLEET),
        ("RootDevice", FLEET),
        ("VolumeOutsideFleet", FLEET),
        ("AddressOutsideFleet", FLEET),
        ("SeveralFleets", FLEET),
        ("NoDrainDocument", HANDOVER),
        ("NotDrained", HANDOVER),
        ("Drained", HANDOVER),
        ("HolderDraining", planner::tags::DRAINING),
        ("AddressOnPaused", PAUSED),
        ("NotTerminated", HANDOVER),
    ];
    for (wanted, _, seen) in examples() {
        let expected = tagged.iter().find(|(name, _)| *name == wanted).map(|(_, tag)| *tag);
        assert_eq!(produced(wanted, &seen).tag(), expected, "{wanted}");
    }
}

#[test]
fn codes_are_distinct_and_in_one_form() {
    let mut codes: Vec<&str> = one_of_each().iter().map(Finding::code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    for code in codes {
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code}");
    }
}

#[test]
fn state_follows_from_the_gravest_finding() {
    for (wanted, _, seen) in examples() {
        let finding = produced(wanted, &seen);
        let plan = planner::plan(&seen.0);
        for slot in plan.slots.iter().filter(|slot| slot.findings.contains(&finding)) {
            let blocked = slot.state == planner::plan::SlotState::Blocked;
            match finding.severity() {
                Severity::Blocking => assert!(blocked, "{wanted}"),
                Severity::Waiting => assert_ne!(slot.state, planner::plan::SlotState::Held, "{wanted}"),
                Severity::Notice => {}
            }
        }
    }
}

/// "Blocked, with a finding that names resource, tag and fix": a refusal has no fix but EC2's own words.
#[test]
fn refusal_says_what_to_do() {
    let seen = look().sees(instance(1)).sees(volume(1)).but(|o| {
        o.memory.failures.push(Failure {
            slot: Some(SlotName::new("main")),
            step: attach(1, 1, 'f'),
            reason: "EncryptedVolumesNotSupported".to_owned(),
        });
    });
    let told = of(&seen, "main").findings;
    assert!(told.iter().any(|f| f.code() == "refused" && f.to_string().contains(';')), "{told:?}");
}
