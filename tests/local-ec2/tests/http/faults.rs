//! What befalls calls on the way, on real connections.

use crate::client::{Ec2, HOLDFAST, OTHER, Reply, read, text};
use local_ec2::{Setup, Span, Speed, Timing};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// For how long a client waits here before it gives up.
const PATIENCE: Duration = Duration::from_millis(300);

/// An instance, a volume, and Holdfast's call that attaches one to the other; the next call meets the fault.
async fn scene(fault: &str) -> (Ec2, String) {
    let ec2 = Ec2::still().await;
    let (instance, volume) = ec2.instance_and_volume().await;
    ec2.control("faults", json!({"script": {"0": fault}})).await;
    (ec2, format!("AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/sdf"))
}

async fn is_attached(ec2: &Ec2) -> bool {
    let filter = "Filter.1.Name=tag-key&Filter.1.Value.1=holdfast:fleet";
    ec2.asks(&format!("DescribeVolumes&{filter}")).await.contains("<instanceId>")
}

#[tokio::test]
async fn a_refusal_on_demand_is_ec2s_document_and_nothing_is_done() {
    for (fault, code, status) in [
        ("refused", "VolumeInUse", 400),
        ("denied", "UnauthorizedOperation", 403),
        ("throttled", "RequestLimitExceeded", 503),
        ("5xx", "InternalError", 500),
    ] {
        let (ec2, attach) = scene(fault).await;
        let reply = ec2.call(HOLDFAST, &attach).await;
        assert_eq!((text(&reply.body, "Code"), reply.status), (code, Some(status)), "{fault}");
        assert!(!is_attached(&ec2).await, "{fault}");
        assert_eq!(ec2.call(HOLDFAST, &attach).await.status, Some(200), "{fault} is over");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_has_no_answer_before_or_after_the_call() {
    for (fault, attached) in [("reset", false), ("crash", false), ("crash-after", true)] {
        let (ec2, attach) = scene(fault).await;
        let nothing = Reply { status: None, body: String::new() };
        assert_eq!(ec2.call(HOLDFAST, &attach).await, nothing, "{fault}");
        assert_eq!(is_attached(&ec2).await, attached, "{fault}");
    }
}

#[tokio::test]
async fn a_client_waits_in_vain_for_what_is_lost() {
    for (fault, attached) in [("timeout", false), ("lost", true)] {
        let (ec2, attach) = scene(fault).await;
        let waiting = ec2.begin_call(HOLDFAST, &attach).await;
        while attached && !is_attached(&ec2).await {}
        let answer = tokio::time::timeout(PATIENCE, read(waiting)).await;
        assert!(answer.is_err(), "{fault}: {answer:?}");
        assert_eq!(is_attached(&ec2).await, attached, "{fault}");
    }
}

#[tokio::test]
async fn a_stale_answer_is_as_old_as_can_be() {
    let timing = Timing { stale_share: 0.0, latency: Span::NONE, ..Timing::default().with_lag(5) };
    let ec2 = Ec2::start(Setup { timing, ..Setup::default() }, Speed::new(0.0001).unwrap()).await;
    let volume = ec2.volume().await;
    ec2.asks(&format!("CreateTags&ResourceId.1={volume}&Tag.1.Key=new&Tag.1.Value=1")).await;
    ec2.control("faults", json!({"script": {"0": "stale"}})).await;
    let ask = "DescribeTags&Filter.1.Name=key&Filter.1.Value.1=new";
    let ask_volumes = "DescribeVolumes&Filter.1.Name=tag-key&Filter.1.Value.1=new";
    assert!(!ec2.call(HOLDFAST, ask_volumes).await.body.contains("<volumeId>"));
    assert!(ec2.call(HOLDFAST, ask_volumes).await.body.contains("<volumeId>"));
    assert!(ec2.call(OTHER, ask).await.body.contains("<resourceId>"));
}

#[tokio::test]
async fn a_slow_call_takes_its_time_and_one_that_is_given_up_never_lands() {
    let slow = Span::millis(1000, 1000);
    let timing = Timing { latency: Span::NONE, slow, ..Timing::default() };
    let ec2 = Ec2::start(Setup { timing, ..Setup::default() }, Speed::REAL).await;
    let (instance, volume) = ec2.instance_and_volume().await;
    let attach = format!("AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/sdf");
    ec2.control("faults", json!({"shares": "AttachVolume:slow=1"})).await;
    let given_up = tokio::time::timeout(PATIENCE, ec2.call(HOLDFAST, &attach)).await;
    assert!(given_up.is_err());
    // This one is as slow. When it is answered, the other would have landed, and made it fail.
    let began = Instant::now();
    assert_eq!(ec2.call(HOLDFAST, &attach).await.status, Some(200));
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn faults_befall_holdfast_alone_and_are_counted() {
    let ec2 = Ec2::still().await;
    ec2.control("faults", json!({"shares": "*:reset=1"})).await;
    assert_eq!(ec2.call(OTHER, "DescribeVolumes").await.status, Some(200));
    assert_eq!(ec2.call(HOLDFAST, "DescribeVolumes").await.status, None);
    let counts = ec2.control("counts", json!({})).await;
    assert_eq!(counts["faults"], json!([{"action": "DescribeVolumes", "fault": "reset", "count": 1}]));
    assert_eq!((&counts["tried"], &counts["calls"]), (&json!(1), &json!({})));
}

#[tokio::test]
async fn others_are_served_while_one_waits() {
    let (ec2, attach) = scene("lost").await;
    let waiting = ec2.begin_call(HOLDFAST, &attach).await;
    assert!(ec2.asks("DescribeAddresses").await.contains("<addressesSet/>"));
    assert!(tokio::time::timeout(PATIENCE, read(waiting)).await.is_err());
}
