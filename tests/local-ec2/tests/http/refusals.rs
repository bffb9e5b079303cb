//! Refusals: EC2's documents with EC2's statuses.

use crate::client::{Ec2, HOLDFAST, OTHER, text};
use local_ec2::{Setup, Speed};

#[tokio::test]
async fn a_refusal_is_ec2s_document() {
    let ec2 = Ec2::still().await;
    let reply = ec2.call(OTHER, "DescribeVolumes&VolumeId.1=banana").await;
    assert_eq!(reply.status, Some(400));
    let id = text(&reply.body, "RequestID");
    assert_eq!(
        reply.body,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>\
             <Code>InvalidVolumeID.Malformed</Code>\
             <Message>Invalid id: &quot;banana&quot; (expecting &quot;vol-...&quot;)</Message>\
             </Error></Errors><RequestID>{id}</RequestID></Response>"
        )
    );
}

#[tokio::test]
async fn each_refusal_has_its_code_and_its_status() {
    let ec2 = Ec2::still().await;
    let volume = ec2.volume().await;
    for (call, code, status) in [
        ("DescribeBananas", "InvalidAction", 400),
        ("DescribeVolumes&Banana=1", "UnknownParameter", 400),
        ("DescribeVolumes&Filter.1.Name=banana&Filter.1.Value.1=1", "InvalidParameterValue", 400),
        ("DescribeVolumes&MaxResults=many", "InvalidParameterValue", 400),
        ("DescribeVolumes&MaxResults=4", "InvalidParameterValue", 400),
        ("DescribeVolumes&NextToken=banana", "InvalidNextToken", 400),
        ("DescribeVolumes&VolumeId.1=vol-00000000000000001", "InvalidVolume.NotFound", 400),
        ("DescribeVolumes&VolumeId.1=vol-1&VolumeId.1=vol-2", "MalformedQueryString", 400),
        ("DescribeVolumes&DryRun=true", "DryRunOperation", 412),
        ("AttachVolume&VolumeId=vol-1", "MissingParameter", 400),
        ("RunInstances&MinCount=1", "MissingParameter", 400),
        ("RunInstances&MinCount=1&MaxCount=1&DisableApiTermination=true", "UnknownParameter", 400),
        (
            "RunInstances&MinCount=1&MaxCount=1&InstanceMarketOptions.MarketType=pray",
            "InvalidParameterValue",
            400,
        ),
        ("CreateTags&ResourceId.1=i-1&Tag.1.Key=a&Tag.2.Key=a", "InvalidParameterValue", 400),
        ("CreateVolume&TagSpecification.1.ResourceType=instance", "InvalidParameterValue", 400),
        ("RequestSpotFleet&SpotFleetRequestConfig.TargetCapacity=1", "MissingParameter", 400),
    ] {
        let reply = ec2.call(OTHER, call).await;
        assert_eq!((text(&reply.body, "Code"), reply.status), (code, Some(status)), "{call}");
    }
    let dry = ec2.call(HOLDFAST, &format!("DeleteVolume&DryRun=true&VolumeId={volume}")).await;
    assert_eq!(text(&dry.body, "Code"), "DryRunOperation");
    assert!(ec2.asks("DescribeVolumes").await.contains("<status>available</status>"));
}

#[tokio::test]
async fn what_comes_too_often_is_throttled_with_503() {
    let ec2 = Ec2::start(Setup::default(), Speed::new(0.0001).unwrap()).await;
    let call = "RunInstances&MinCount=1&MaxCount=1&ImageId=banana";
    for _ in 0..5 {
        assert_eq!(text(&ec2.call(OTHER, call).await.body, "Code"), "InvalidAMIID.Malformed");
    }
    let reply = ec2.call(OTHER, call).await;
    assert_eq!((text(&reply.body, "Code"), reply.status), ("RequestLimitExceeded", Some(503)));
    ec2.pass(1).await;
    assert_eq!(text(&ec2.call(OTHER, call).await.body, "Code"), "InvalidAMIID.Malformed");
    assert_eq!(ec2.control("counts", serde_json::json!({})).await["throttled"], 1);
}

#[tokio::test]
async fn a_call_that_is_too_large_is_refused() {
    let ec2 = Ec2::still().await;
    let reply = ec2.form(OTHER, &vec![b'a'; (1 << 20) + 1]).await;
    assert_eq!((text(&reply.body, "Code"), reply.status), ("RequestEntityTooLarge", Some(413)));
}
