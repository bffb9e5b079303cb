//! Failures: what is tried again, what is not, and what is made of an answer that is none.

use crate::replay::{Replay, Silence, exchange, refusal};
use aws::Ec2Client;
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, VolumeId};
use reconciler::class::{Class, class};
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error};
use std::time::Duration;

const QUESTION: &str = "Action=DescribeAddresses&Version=2016-11-15\
    &Filter.1.Name=tag-key&Filter.1.Value.1=holdfast%3Afleet";

const HTML: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">
<title>500 Internal Server Error</title>
<h1>Internal Server Error</h1>
<p>The server encountered an internal error & was unable to complete your request.</p>";

/// Asks for the addresses, `tries` times the same answer expected.
async fn check(status: u16, answer: &str, tries: usize, cause: Cause) {
    let exchanges = vec![exchange(QUESTION, status, answer); tries];
    let (replay, ec2) = Replay::new(exchanges);
    let error = Ec2Error { action: Action::DescribeAddresses, cause };
    assert_eq!(ec2.addresses().await, Err(error));
    replay.assert_complete();
}

fn said(code: &str, message: &str) -> Cause {
    Cause::Answer { code: code.to_owned(), message: message.to_owned() }
}

async fn every_act(ec2: &Ec2Client) -> [Result<(), Ec2Error>; 6] {
    let volume = VolumeId::parse("vol-0a1b2c3d").unwrap();
    let instance = InstanceId::parse("i-01234567").unwrap();
    let address = AllocationId::parse("eipalloc-0a1b2c3d").unwrap();
    let interface = InterfaceId::parse("eni-0a1b2c3d").unwrap();
    let association = AssociationId::parse("eipassoc-0a1b2c3d").unwrap();
    let device = DeviceName::parse("/dev/sdf").unwrap();
    [
        ec2.attach_volume(&volume, &instance, &device).await,
        ec2.detach_volume(&volume, &instance).await,
        ec2.associate_address(&address, &interface, [10, 0, 1, 17].into()).await,
        ec2.disassociate_address(&association).await,
        ec2.terminate_instance(&instance).await,
        ec2.mark_draining(&instance, "by hand").await,
    ]
}

const REQUESTS_OF_EVERY_ACT: [&str; 6] = [
    "Action=AttachVolume&Version=2016-11-15\
        &Device=%2Fdev%2Fsdf&InstanceId=i-01234567&VolumeId=vol-0a1b2c3d",
    "Action=DetachVolume&Version=2016-11-15&InstanceId=i-01234567&VolumeId=vol-0a1b2c3d",
    "Action=AssociateAddress&Version=2016-11-15&AllocationId=eipalloc-0a1b2c3d\
        &NetworkInterfaceId=eni-0a1b2c3d&PrivateIpAddress=10.0.1.17&AllowReassociation=false",
    "Action=DisassociateAddress&Version=2016-11-15&AssociationId=eipassoc-0a1b2c3d",
    "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-01234567",
    "Action=CreateTags&Version=2016-11-15&ResourceId.1=i-01234567\
        &Tag.1.Key=holdfast%3Adraining&Tag.1.Value=by%20hand",
];

const ACTS: [Action; 6] = [
    Action::AttachVolume,
    Action::DetachVolume,
    Action::AssociateAddress,
    Action::DisassociateAddress,
    Action::TerminateInstances,
    Action::CreateTags,
];

#[tokio::test]
async fn an_error_of_ec2_keeps_its_code_and_words() {
    let answer = refusal("UnauthorizedOperation", "You are not authorized &amp; so on.");
    let cause = said("UnauthorizedOperation", "You are not authorized & so on. (request id ea966190)");
    check(403, &answer, 1, cause).await;
}

#[tokio::test]
async fn a_throttled_question_is_asked_three_times() {
    let answer = refusal("RequestLimitExceeded", "Request limit exceeded.");
    let cause = said("RequestLimitExceeded", "Request limit exceeded. (request id ea966190)");
    check(503, &answer, 3, cause).await;
}

#[tokio::test]
async fn a_page_of_html_is_no_answer() {
    let cause = || Cause::NoAnswer("HTTP status 500 without an error code (request id ea966190)".to_owned());
    check(500, HTML, 3, cause()).await;
    check(500, "", 3, cause()).await;
    check(500, "<html><body>Oops</body></html>", 3, cause()).await;
    check(500, &refusal("", ""), 3, cause()).await;
}

#[tokio::test]
async fn a_page_of_html_with_status_200_is_no_answer() {
    let cause = Cause::NoAnswer("HTTP status 200 without an error code".to_owned());
    check(200, "<html><body>Welcome to the hotel's network</body></html>", 1, cause).await;
}

#[tokio::test]
async fn a_throttled_act_is_not_tried_again() {
    let answer = refusal("RequestLimitExceeded", "Request limit exceeded.");
    let exchanges = REQUESTS_OF_EVERY_ACT.map(|request| exchange(request, 503, &answer));
    let (replay, ec2) = Replay::new(exchanges);
    let expected = ACTS.map(|action| {
        let cause = said("RequestLimitExceeded", "Request limit exceeded. (request id ea966190)");
        Err(Ec2Error { action, cause })
    });
    assert_eq!(every_act(&ec2).await, expected);
    replay.assert_complete();
}

#[tokio::test]
async fn an_act_without_an_answer_ends_after_3_seconds_and_is_not_tried_again() {
    let silence = Silence::default();
    let outcomes = every_act(&silence.client()).await;
    for (action, outcome) in ACTS.into_iter().zip(outcomes) {
        let error = outcome.unwrap_err();
        assert_eq!(error.action, action);
        assert!(matches!(error.cause, Cause::NoAnswer(_)), "{error}");
    }
    assert_eq!(silence.actions(), ACTS.map(|action| action.to_string()));
    // Each has two limits, for the whole and for its one try.
    assert_eq!(silence.waits_of(Duration::from_secs(3)), 2 * ACTS.len());
}

#[tokio::test]
async fn a_question_without_an_answer_is_asked_three_times_for_3_seconds() {
    let silence = Silence::default();
    let error = silence.client().addresses().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "DescribeAddresses: no answer: request has timed out: \
            operation attempt timeout (single attempt) occurred after 3s"
    );
    assert_eq!(silence.actions(), ["DescribeAddresses"; 3]);
    assert_eq!(silence.waits_of(Duration::from_secs(3)), 3);
}

/// Does one act.
async fn act(ec2: &Ec2Client, action: Action) -> Result<(), Ec2Error> {
    let [attach, detach, associate, disassociate, terminate, mark] = every_act(ec2).await;
    match action {
        Action::AttachVolume => attach,
        Action::DetachVolume => detach,
        Action::AssociateAddress => associate,
        Action::DisassociateAddress => disassociate,
        Action::TerminateInstances => terminate,
        Action::CreateTags => mark,
        other => panic!("{other} changes nothing"),
    }
}

/// What the error table makes of this refusal of that act, after it has gone through the SDK.
async fn class_of(action: Action, code: &str, message: &str) -> Class {
    let answers = REQUESTS_OF_EVERY_ACT.map(|request| exchange(request, 400, &refusal(code, message)));
    let (replay, ec2) = Replay::new(answers);
    let error = act(&ec2, action).await.unwrap_err();
    replay.assert_complete();
    class(&error)
}

#[tokio::test]
async fn every_row_of_the_error_table_is_told_by_what_ec2_answers() {
    let taken = "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use";
    for (action, code, message, expected) in [
        (
            Action::AttachVolume,
            "VolumeInUse",
            "vol-0a1b2c3d is already attached to an instance",
            Class::Conflict,
        ),
        (Action::AttachVolume, "IncorrectState", "Instance 'i-01234567' is not 'running'.", Class::Conflict),
        (Action::AttachVolume, "IncorrectInstanceState", "", Class::Conflict),
        (Action::AttachVolume, "InvalidInstanceID.NotFound", "", Class::Conflict),
        (Action::AttachVolume, "InvalidVolume.NotFound", "", Class::Conflict),
        (Action::AttachVolume, "InvalidParameterValue", taken, Class::DeviceTaken),
        (
            Action::AttachVolume,
            "InvalidParameterValue",
            "Value (x) for parameter device is invalid.",
            Class::Permanent,
        ),
        (Action::AttachVolume, "InvalidVolume.ZoneMismatch", "", Class::Permanent),
        (Action::AttachVolume, "AttachmentLimitExceeded", "", Class::Permanent),
        (
            Action::DetachVolume,
            "IncorrectState",
            "Volume 'vol-0a1b2c3d' is in the 'available' state.",
            Class::Conflict,
        ),
        (Action::DetachVolume, "InvalidAttachment.NotFound", "", Class::Conflict),
        (Action::DetachVolume, "InvalidInstanceID.NotFound", "", Class::Conflict),
        (Action::DetachVolume, "InvalidVolume.NotFound", "", Class::Conflict),
        (Action::AssociateAddress, "Resource.AlreadyAssociated", "", Class::Conflict),
        (
            Action::AssociateAddress,
            "InvalidInstanceID",
            "The pending instance is not in a valid state",
            Class::Conflict,
        ),
        (Action::AssociateAddress, "IncorrectInstanceState", "", Class::Conflict),
        (Action::AssociateAddress, "InvalidInstanceID.NotFound", "", Class::Conflict),
        (Action::AssociateAddress, "InvalidNetworkInterfaceID.NotFound", "", Class::Conflict),
        (Action::AssociateAddress, "InvalidAllocationID.NotFound", "", Class::Conflict),
        (Action::DisassociateAddress, "InvalidAssociationID.NotFound", "", Class::Conflict),
        (Action::TerminateInstances, "InvalidInstanceID.NotFound", "", Class::Conflict),
        (Action::TerminateInstances, "IncorrectInstanceState", "", Class::Conflict),
        (Action::TerminateInstances, "OperationNotPermitted", "", Class::Permanent),
        (Action::CreateTags, "InvalidInstanceID.NotFound", "", Class::Conflict),
    ] {
        assert_eq!(class_of(action, code, message).await, expected, "{action} {code} {message}");
    }
    for action in ACTS {
        for code in ["RequestLimitExceeded", "InternalError", "Unavailable", "ConcurrentTagAccess"] {
            assert_eq!(class_of(action, code, "").await, Class::Transient, "{action} {code}");
        }
        assert_eq!(class_of(action, "UnauthorizedOperation", "").await, Class::Permanent, "{action}");
    }
}
