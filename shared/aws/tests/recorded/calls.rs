//! Requests are counted as EC2 gets them: every page and every try, and what was turned away.

use crate::replay::{Replay, Silence, exchange, refusal, response};
use aws::CallCounter;
use planner::ids::{InstanceId, VolumeId};
use reconciler::ec2::Ec2;
use reconciler::metrics::Calls;

const ADDRESSES: &str = "Action=DescribeAddresses&Version=2016-11-15\
    &Filter.1.Name=tag-key&Filter.1.Value.1=holdfast%3Afleet";

const DETACH: &str = "Action=DetachVolume&Version=2016-11-15&InstanceId=i-01234567&VolumeId=vol-0a1b2c3d";

#[tokio::test]
async fn every_try_counts_and_what_was_turned_away_counts_as_that() {
    let throttled = exchange(ADDRESSES, 503, &refusal("RequestLimitExceeded", "Request limit exceeded."));
    let answered = exchange(ADDRESSES, 200, &response("DescribeAddresses", ""));
    let (replay, ec2, calls) = Replay::counted([throttled.clone(), throttled, answered]);
    assert_eq!(ec2.addresses().await, Ok(vec![]));
    replay.assert_complete();
    assert_eq!(calls.take(), Calls { made: 3, throttled: 2 });
    assert_eq!(calls.take(), Calls::default(), "what was taken is not counted again");
}

#[tokio::test]
async fn an_act_counts_though_it_has_timeouts_of_its_own_and_a_refusal_is_no_throttle() {
    let (volume, instance) =
        (VolumeId::parse("vol-0a1b2c3d").unwrap(), InstanceId::parse("i-01234567").unwrap());
    for (code, throttled) in [("IncorrectState", 0), ("RequestLimitExceeded", 1)] {
        let (replay, ec2, calls) = Replay::counted([exchange(DETACH, 400, &refusal(code, ""))]);
        assert!(ec2.detach_volume(&volume, &instance).await.is_err());
        replay.assert_complete();
        assert_eq!(calls.take(), Calls { made: 1, throttled }, "{code}");
    }
}

#[tokio::test]
async fn a_request_without_an_answer_counts() {
    let calls = CallCounter::default();
    let ec2 = Silence::default().counted_client(calls.clone());
    assert!(ec2.addresses().await.is_err());
    assert_eq!(calls.take(), Calls { made: 3, throttled: 0 });
}
