//! Answers, to the byte.

use crate::client::{Ec2, inner, text};

#[tokio::test]
async fn a_volume_is_told_element_by_element() {
    let ec2 = Ec2::still().await;
    let (instance, volume) = ec2.instance_and_volume().await;
    let free = ec2.asks(&format!("DescribeVolumes&VolumeId.1={volume}")).await;
    let item = |status: &str, attachments: &str| {
        format!(
            "<volumeSet><item><volumeId>{volume}</volumeId><size>1</size><snapshotId/>\
             <availabilityZone>us-east-1a</availabilityZone><status>{status}</status>\
             <createTime>2026-11-23T12:00:00.000Z</createTime>{attachments}\
             <tagSet><item><key>holdfast:fleet</key><value>web</value></item></tagSet>\
             <volumeType>gp2</volumeType><encrypted>false</encrypted><multiAttachEnabled>false</multiAttachEnabled>\
             </item></volumeSet>"
        )
    };
    assert_eq!(inner(&free, "DescribeVolumes"), item("available", "<attachmentSet/>"));
    let attached = format!("AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/sdf");
    let attachment = |status: &str| {
        format!(
            "<volumeId>{volume}</volumeId><instanceId>{instance}</instanceId><device>/dev/sdf</device>\
             <status>{status}</status><attachTime>2026-11-23T12:01:10.000Z</attachTime>\
             <deleteOnTermination>false</deleteOnTermination>"
        )
    };
    assert_eq!(inner(&ec2.asks(&attached).await, "AttachVolume"), attachment("attaching"));
    ec2.pass(4).await;
    let taken = ec2.asks(&format!("DescribeVolumes&VolumeId.1={volume}")).await;
    let set = format!("<attachmentSet><item>{}</item></attachmentSet>", attachment("attached"));
    assert_eq!(inner(&taken, "DescribeVolumes"), item("in-use", &set));
}

#[tokio::test]
async fn an_address_that_points_nowhere_has_nothing_of_where_it_points() {
    let ec2 = Ec2::still().await;
    let made = ec2.asks("AllocateAddress&Domain=vpc").await;
    let (public, allocation) = (text(&made, "publicIp"), text(&made, "allocationId"));
    let own = format!(
        "<publicIp>{public}</publicIp><domain>vpc</domain><allocationId>{allocation}</allocationId>\
         <publicIpv4Pool>amazon</publicIpv4Pool><networkBorderGroup>us-east-1</networkBorderGroup>"
    );
    assert_eq!(inner(&made, "AllocateAddress"), own);
    let shown = ec2.asks("DescribeAddresses").await;
    assert_eq!(
        inner(&shown, "DescribeAddresses"),
        format!("<addressesSet><item>{own}</item></addressesSet>")
    );
}

#[tokio::test]
async fn what_a_call_changes_is_told_with_the_numbers_of_states() {
    let ec2 = Ec2::still().await;
    let (instance, _) = ec2.instance_and_volume().await;
    let ended = ec2.asks(&format!("TerminateInstances&InstanceId.1={instance}")).await;
    assert_eq!(
        inner(&ended, "TerminateInstances"),
        format!(
            "<instancesSet><item><instanceId>{instance}</instanceId>\
             <currentState><code>32</code><name>shutting-down</name></currentState>\
             <previousState><code>16</code><name>running</name></previousState></item></instancesSet>"
        )
    );
    let tagged = ec2.asks(&format!("CreateTags&ResourceId.1={instance}&Tag.1.Key=a&Tag.1.Value=")).await;
    assert_eq!(inner(&tagged, "CreateTags"), "<return>true</return>");
}

#[tokio::test]
async fn tags_come_back_as_they_were_given() {
    let ec2 = Ec2::still().await;
    let volume = ec2.volume().await;
    let tags = "Tag.1.Key=%3Ca%20%26%20b%3E&Tag.1.Value=%C3%A9%0D%0A&Tag.2.Key=empty&Tag.2.Value=";
    ec2.asks(&format!("CreateTags&ResourceId.1={volume}&{tags}")).await;
    let shown = ec2.asks("DescribeTags&Filter.1.Name=key&Filter.1.Value.1=empty&Filter.1.Value.2=%3C*").await;
    let item = |key: &str, value: &str| {
        let own = format!("<resourceId>{volume}</resourceId><resourceType>volume</resourceType>");
        format!("<item>{own}<key>{key}</key>{value}</item>")
    };
    let (first, second) = (item("&lt;a &amp; b&gt;", "<value>é&#13;\n</value>"), item("empty", "<value/>"));
    assert_eq!(inner(&shown, "DescribeTags"), format!("<tagSet>{first}{second}</tagSet>"));
}

#[tokio::test]
async fn pages_go_on_where_their_tokens_say() {
    let ec2 = Ec2::still().await;
    for _ in 0..7 {
        ec2.volume().await;
    }
    let first = ec2.asks("DescribeVolumes&MaxResults=5").await;
    assert_eq!(first.matches("<volumeId>").count(), 5);
    let token = text(&first, "nextToken");
    let second = ec2.asks(&format!("DescribeVolumes&MaxResults=5&NextToken={token}")).await;
    assert_eq!(second.matches("<volumeId>").count(), 2);
    assert!(!second.contains("nextToken"));
}

#[tokio::test]
async fn instances_come_by_reservation_with_what_is_lent_to_them() {
    let ec2 = Ec2::still().await;
    let launch = "RunInstances&ImageId=ami-1&InstanceType=t3.micro&MinCount=2&MaxCount=2\
                  &Placement.AvailabilityZone=us-east-1a&InstanceMarketOptions.MarketType=spot";
    ec2.asks(launch).await;
    ec2.pass(60).await;
    let shown =
        ec2.asks("DescribeInstances&Filter.1.Name=instance-state-name&Filter.1.Value.1=running").await;
    for (element, count) in [
        ("<reservationId>", 1),
        ("<instanceId>", 2),
        ("<instanceLifecycle>spot</instanceLifecycle>", 2),
        ("<code>16</code><name>running</name>", 2),
        ("<ipOwnerId>amazon</ipOwnerId>", 4),
        ("<deviceIndex>0</deviceIndex>", 2),
        ("<tagSet", 0),
        ("<keyName", 0),
        ("<nextToken", 0),
    ] {
        assert_eq!(shown.matches(element).count(), count, "{element} in {shown}");
    }
}

#[tokio::test]
async fn a_query_is_as_good_as_a_form() {
    let ec2 = Ec2::still().await;
    ec2.volume().await;
    let reply = ec2.get("DescribeVolumes&Filter.1.Name=size&Filter.1.Value.1=1").await;
    assert_eq!(reply.status, Some(200));
    assert_eq!(reply.body.matches("<volumeId>").count(), 1);
}
