//! Volumes: what is asked for, and how attachments, states and tags are read.

use crate::replay::{Replay, exchange, response};
use chrono::{DateTime, Utc};
use planner::device::DeviceName;
use planner::ids::{FleetName, InstanceId, SlotName, VolumeId, Zone};
use planner::observation::{Attachment, AttachmentState, Volume, VolumeState};
use planner::tags::{Policy, ResourceTags, Setting, Tags};
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error};

const REQUEST: &str = "Action=DescribeVolumes&Version=2016-11-15\
    &Filter.1.Name=tag-key&Filter.1.Value.1=holdfast%3Afleet&MaxResults=500";
const WEB: &str = "<tagSet><item><key>holdfast:fleet</key><value>web</value></item></tagSet>";

async fn check(volumes: &str, expected: Result<Vec<Volume>, &str>) {
    let answer = response("DescribeVolumes", &format!("<volumeSet>{volumes}</volumeSet>"));
    let (replay, ec2) = Replay::new([exchange(REQUEST, 200, &answer)]);
    let expected = expected.map_err(|problem| Ec2Error {
        action: Action::DescribeVolumes,
        cause: Cause::Garbled(problem.to_owned()),
    });
    assert_eq!(ec2.volumes().await, expected);
    replay.assert_complete();
}

fn volume(id: &str, state: VolumeState, attachments: Vec<Attachment>) -> Volume {
    Volume {
        id: VolumeId::parse(id).unwrap(),
        zone: Zone::new("us-east-1a"),
        state,
        multi_attach: false,
        attachments,
        tags: web(),
    }
}

fn web() -> ResourceTags {
    ResourceTags::read(&Tags::from([("holdfast:fleet".to_owned(), "web".to_owned())]))
}

fn attachment(instance: &str, state: AttachmentState) -> Attachment {
    Attachment {
        instance: InstanceId::parse(instance).unwrap(),
        device: DeviceName::reported("/dev/sdf"),
        state,
        since: Some(time("2026-11-23T12:00:00Z")),
        delete_on_termination: false,
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn in_state(state: &str) -> String {
    format!(
        "<item>
            <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
            <availabilityZone>us-east-1a</availabilityZone>
            <status>{state}</status>
            {WEB}
        </item>"
    )
}

fn attached(state: &str) -> String {
    format!(
        "<item>
            <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
            <availabilityZone>us-east-1a</availabilityZone>
            <status>in-use</status>
            <attachmentSet>
                <item>
                    <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
                    <instanceId>i-0123456789abcdef0</instanceId>
                    <device>/dev/sdf</device>
                    <status>{state}</status>
                    <attachTime>2026-11-23T12:00:00.000Z</attachTime>
                    <deleteOnTermination>false</deleteOnTermination>
                </item>
            </attachmentSet>
            {WEB}
        </item>"
    )
}

#[tokio::test]
async fn a_volume_is_read_in_full() {
    let answer = "<item>
            <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
            <size>100</size>
            <snapshotId/>
            <availabilityZone>us-east-1a</availabilityZone>
            <availabilityZoneId>use1-az4</availabilityZoneId>
            <status>in-use</status>
            <createTime>2026-01-02T03:04:05.678Z</createTime>
            <attachmentSet>
                <item>
                    <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
                    <instanceId>i-0123456789abcdef0</instanceId>
                    <device>/dev/sdg</device>
                    <status>attached</status>
                    <attachTime>2026-11-23T12:00:00.000Z</attachTime>
                    <deleteOnTermination>true</deleteOnTermination>
                </item>
            </attachmentSet>
            <tagSet>
                <item><key>Name</key><value>database</value></item>
                <item><key>holdfast:fleet</key><value>sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55</value></item>
                <item><key>holdfast:slot</key><value>db</value></item>
                <item><key>holdfast:device</key><value>/dev/sdg</value></item>
                <item><key>holdfast:handover</key><value>terminate</value></item>
                <item><key>holdfast:paused</key><value>true</value></item>
            </tagSet>
            <volumeType>gp3</volumeType>
            <iops>3000</iops>
            <encrypted>false</encrypted>
            <multiAttachEnabled>false</multiAttachEnabled>
            <throughput>125</throughput>
        </item>";
    let expected = Volume {
        id: VolumeId::parse("vol-0a1b2c3d4e5f60718").unwrap(),
        zone: Zone::new("us-east-1a"),
        state: VolumeState::InUse,
        multi_attach: false,
        attachments: vec![Attachment {
            instance: InstanceId::parse("i-0123456789abcdef0").unwrap(),
            device: DeviceName::reported("/dev/sdg"),
            state: AttachmentState::Attached,
            since: Some(time("2026-11-23T12:00:00Z")),
            delete_on_termination: true,
        }],
        tags: ResourceTags {
            fleet: FleetName::new("sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55"),
            slot: SlotName::new("db"),
            device: Setting::Value(DeviceName::parse("/dev/sdg").unwrap()),
            handover: Setting::Value(Policy::Terminate),
            paused: Setting::Value(true),
        },
    };
    check(answer, Ok(vec![expected])).await;
}

#[tokio::test]
async fn every_attachment_state_is_told_apart() {
    for (said, read) in [
        ("attaching", AttachmentState::Attaching),
        ("attached", AttachmentState::Attached),
        ("detaching", AttachmentState::Detaching),
        ("busy", AttachmentState::Busy),
        ("levitating", AttachmentState::Busy),
    ] {
        let expected = volume(
            "vol-0a1b2c3d4e5f60718",
            VolumeState::InUse,
            vec![attachment("i-0123456789abcdef0", read)],
        );
        check(&attached(said), Ok(vec![expected])).await;
    }
}

#[tokio::test]
async fn a_detached_attachment_is_left_out() {
    let expected = volume("vol-0a1b2c3d4e5f60718", VolumeState::InUse, vec![]);
    check(&attached("detached"), Ok(vec![expected])).await;
}

#[tokio::test]
async fn every_volume_state_is_told_apart() {
    for (said, read) in [
        ("creating", VolumeState::Creating),
        ("available", VolumeState::Available),
        ("in-use", VolumeState::InUse),
        ("deleting", VolumeState::Unusable),
        ("deleted", VolumeState::Unusable),
        ("error", VolumeState::Unusable),
        ("levitating", VolumeState::Unusable),
    ] {
        let expected = volume("vol-0a1b2c3d4e5f60718", read, vec![]);
        check(&in_state(said), Ok(vec![expected])).await;
    }
}

#[tokio::test]
async fn a_volume_with_multi_attach_keeps_all_its_attachments() {
    let item = |instance: &str, status: &str| {
        format!(
            "<item>
                <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
                <instanceId>{instance}</instanceId>
                <device>/dev/sdf</device>
                <status>{status}</status>
                <attachTime>2026-11-23T12:00:00.000Z</attachTime>
                <deleteOnTermination>false</deleteOnTermination>
            </item>"
        )
    };
    let answer = format!(
        "<item>
            <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
            <availabilityZone>us-east-1a</availabilityZone>
            <status>in-use</status>
            <attachmentSet>{}{}</attachmentSet>
            {WEB}
            <volumeType>io2</volumeType>
            <multiAttachEnabled>true</multiAttachEnabled>
        </item>",
        item("i-0123456789abcdef0", "attached"),
        item("i-0fedcba9876543210", "detaching"),
    );
    let attachments = vec![
        attachment("i-0123456789abcdef0", AttachmentState::Attached),
        attachment("i-0fedcba9876543210", AttachmentState::Detaching),
    ];
    let expected =
        Volume { multi_attach: true, ..volume("vol-0a1b2c3d4e5f60718", VolumeState::InUse, attachments) };
    check(&answer, Ok(vec![expected])).await;
}

#[tokio::test]
async fn an_attachment_to_a_service_of_aws_is_no_instances() {
    let answer = format!(
        "<item>
            <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
            <availabilityZone>us-east-1a</availabilityZone>
            <status>in-use</status>
            <attachmentSet>
                <item>
                    <volumeId>vol-0a1b2c3d4e5f60718</volumeId>
                    <associatedResource>arn:aws:ecs:us-east-1:123456789012:task/web/1</associatedResource>
                    <instanceOwningService>ecs.amazonaws.com</instanceOwningService>
                    <status>attached</status>
                </item>
            </attachmentSet>
            {WEB}
        </item>"
    );
    let expected = volume("vol-0a1b2c3d4e5f60718", VolumeState::InUse, vec![]);
    check(&answer, Ok(vec![expected])).await;
}

#[tokio::test]
async fn all_pages_are_read() {
    let page = |id: &str, rest: &str| {
        let volume = in_state("available").replace("vol-0a1b2c3d4e5f60718", id);
        response("DescribeVolumes", &format!("<volumeSet>{volume}</volumeSet>{rest}"))
    };
    let next = REQUEST.replace("&MaxResults=500", "&NextToken=AAE%2Bx%2F%3D%3D&MaxResults=500");
    let (replay, ec2) = Replay::new([
        exchange(REQUEST, 200, &page("vol-1a1b2c3d", "<nextToken>AAE+x/==</nextToken>")),
        exchange(&next, 200, &page("vol-2a1b2c3d", "<nextToken>AAE+x/==</nextToken>")),
        exchange(&next, 200, &page("vol-3a1b2c3d", "<nextToken></nextToken>")),
    ]);
    let expected =
        ["vol-1a1b2c3d", "vol-2a1b2c3d", "vol-3a1b2c3d"].map(|id| volume(id, VolumeState::Available, vec![]));
    assert_eq!(ec2.volumes().await, Ok(expected.to_vec()));
    replay.assert_complete();
}

#[tokio::test]
async fn no_volumes_are_no_error() {
    check("", Ok(vec![])).await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_named() {
    let attached = attached("attached");
    for (answer, problem) in [
        (
            attached.replace("<volumeId>vol-0a1b2c3d4e5f60718</volumeId>", ""),
            "a resource: Volume.VolumeId is missing",
        ),
        (
            attached.replace("vol-0a1b2c3d4e5f60718", "vol-banana"),
            "vol-banana: Volume.VolumeId is wrong: `vol-banana` is no volume id: expected `vol-` followed by 8 or 17 hexadecimal digits",
        ),
        (attached.replace("us-east-1a", ""), "vol-0a1b2c3d4e5f60718: Volume.AvailabilityZone is missing"),
        (
            attached.replace("i-0123456789abcdef0", "i-banana"),
            "vol-0a1b2c3d4e5f60718: VolumeAttachment.InstanceId is wrong: `i-banana` is no instance id: expected `i-` followed by 8 or 17 hexadecimal digits",
        ),
        (attached.replace("/dev/sdf", ""), "vol-0a1b2c3d4e5f60718: VolumeAttachment.Device is missing"),
    ] {
        check(&answer, Err(problem)).await;
    }
}
