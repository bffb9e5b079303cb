//! The alarms: which there are, what they wait for, and whom they tell.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};

use reconciler::metrics::{DIMENSION, Metric, NAMESPACE};
use serde_json::{Value, json};
use template::Template;

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md"));

fn alarms(template: &Template) -> BTreeMap<String, Value> {
    let resources = template.section("Resources").unwrap().iter();
    let alarms = resources.filter(|(_, it)| it.get("Type") == Some(&json!("AWS::CloudWatch::Alarm")));
    alarms.map(|(name, it)| (name.clone(), it.get("Properties").unwrap().clone())).collect()
}

fn properties<const N: usize>(alarm: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| alarm.get(name).cloned().unwrap_or_default())
}

#[test]
fn the_manual_has_a_line_for_every_alarm_and_none_for_others() {
    let below = MANUAL.lines().skip_while(|line| *line != "## Alarms").skip(1);
    let section = below.take_while(|line| !line.starts_with('#'));
    let listed: BTreeSet<_> =
        section.filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned())).collect();
    let alarms: BTreeSet<_> = alarms(&Template::read().unwrap()).into_keys().collect();
    assert_eq!(listed, alarms);
    let expected =
        ["SlotNotHeld", "SlotBlocked", "FunctionErrors", "FunctionThrottles", "SweepMissing", "FailedEvents"];
    assert_eq!(alarms, expected.map(str::to_owned).into());
}

#[test]
fn every_alarm_tells_the_topic_when_it_begins_and_ends() {
    for (name, alarm) in alarms(&Template::read().unwrap()) {
        let topic = json!([{"Ref": "Alarms"}]);
        assert_eq!(properties(&alarm, ["AlarmActions", "OKActions"]), [topic.clone(), topic], "{name}");
        // The topic's policy lets in alarms of this name.
        assert_eq!(alarm.get("AlarmName"), Some(&json!({"Fn::Sub": format!("${{AWS::StackName}}-{name}")})));
        let text = alarm.get("AlarmDescription").unwrap().to_string();
        assert!(text.contains("docs/operations.md"), "{name}: {text}");
        assert_eq!(alarm.get("ActionsEnabled"), None, "{name}");
    }
}

#[test]
fn alarms_on_slots_read_what_the_sweep_counts() {
    let template = Template::read().unwrap();
    let alarms = alarms(&template);
    let minutes = json!({"Ref": "NotHeldMinutes"});
    for (name, metric, periods) in
        [("SlotNotHeld", Metric::SlotsNotHeld, minutes), ("SlotBlocked", Metric::SlotsBlocked, json!(2))]
    {
        let alarm = &alarms[name];
        let sweep = json!([{"Name": DIMENSION, "Value": {"Ref": "Reconcile"}}]);
        assert_eq!(
            properties(alarm, ["Namespace", "MetricName", "Dimensions", "Statistic", "Period"]),
            [json!(NAMESPACE), json!(metric.name()), sweep, json!("Maximum"), json!(60)]
        );
        assert_eq!(
            properties(alarm, ["EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator"]),
            [periods.clone(), periods, json!(0), json!("GreaterThanThreshold")]
        );
        assert_eq!(alarm.get("TreatMissingData"), Some(&json!("missing")), "no sweep is no all-clear");
    }
    // An hour is as long as EC2 may take to release a volume; CloudWatch would take a day.
    let parameter = template.at("/Parameters/NotHeldMinutes").unwrap();
    assert_eq!(properties(parameter, ["MinValue", "MaxValue", "Default"]), [json!(2), json!(60), json!(10)]);
}

#[test]
fn errors_and_throttles_are_summed_over_every_function() {
    let template = Template::read().unwrap();
    let functions: BTreeSet<_> =
        template.functions().unwrap().into_iter().map(|function| function.logical_id).collect();
    for (name, metric) in [("FunctionErrors", "Errors"), ("FunctionThrottles", "Throttles")] {
        let alarm = &alarms(&template)[name];
        let queries = alarm.get("Metrics").unwrap().as_array().unwrap();
        let (sums, parts): (Vec<_>, Vec<_>) =
            queries.iter().partition(|query| query.get("Expression").is_some());
        let [sum] = sums.as_slice() else { panic!("{name} compares {} values", sums.len()) };
        assert_eq!(sum.get("Expression"), Some(&json!("SUM(METRICS())")));
        assert_ne!(sum.get("ReturnData"), Some(&json!(false)));
        let mut summed = BTreeSet::new();
        for part in &parts {
            let stat = part.get("MetricStat").unwrap();
            assert_eq!(properties(stat, ["Period", "Stat"]), [json!(60), json!("Sum")]);
            assert_eq!(part.get("ReturnData"), Some(&json!(false)), "an alarm compares one value: {part}");
            let read = stat.get("Metric").unwrap();
            assert_eq!(properties(read, ["Namespace", "MetricName"]), [json!("AWS/Lambda"), json!(metric)]);
            assert_eq!(read.pointer("/Dimensions/0/Name"), Some(&json!("FunctionName")));
            summed.insert(read.pointer("/Dimensions/0/Value/Ref").unwrap().as_str().unwrap().to_owned());
        }
        assert_eq!(summed, functions, "{name}");
        assert_eq!(parts.len(), functions.len(), "{name} counts a function twice");
        assert_eq!(properties(alarm, ["EvaluationPeriods", "DatapointsToAlarm"]), [json!(5), json!(3)]);
        assert_eq!(alarm.get("TreatMissingData"), Some(&json!("notBreaching")));
    }
}

#[test]
fn a_sweep_that_is_not_invoked_is_missed_though_lambda_says_nothing_of_it() {
    let template = Template::read().unwrap();
    let alarm = &alarms(&template)["SweepMissing"];
    // It begins to count only when EventBridge may wake the sweep.
    let (rule, _) = template.function_of("reconcile").unwrap().rule().unwrap();
    let expected = format!("{rule}Permission");
    assert_eq!(template.at("/Resources/SweepMissing/DependsOn").unwrap(), &json!(expected));
    let reconcile = json!([{"Name": "FunctionName", "Value": {"Ref": "Reconcile"}}]);
    assert_eq!(
        properties(alarm, ["Namespace", "MetricName", "Dimensions", "Statistic", "Period"]),
        [json!("AWS/Lambda"), json!("Invocations"), reconcile, json!("Sum"), json!(60)]
    );
    assert_eq!(
        properties(alarm, ["EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator"]),
        [json!(5), json!(5), json!(1), json!("LessThanThreshold")]
    );
    assert_eq!(alarm.get("TreatMissingData"), Some(&json!("breaching")));
}

#[test]
fn one_message_in_the_queue_of_failures_is_enough_and_is_not_forgotten() {
    let alarm = &alarms(&Template::read().unwrap())["FailedEvents"];
    let queue = json!([{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Failures", "QueueName"]}}]);
    assert_eq!(
        properties(alarm, ["Namespace", "MetricName", "Dimensions", "Statistic"]),
        [json!("AWS/SQS"), json!("ApproximateNumberOfMessagesVisible"), queue, json!("Maximum")]
    );
    assert_eq!(
        properties(alarm, ["EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData"]),
        [json!(1), json!(0), json!("GreaterThanThreshold"), json!("ignore")]
    );
}

#[test]
fn the_topic_is_there_without_an_address_and_takes_alarms_of_this_stack_only() {
    let template = Template::read().unwrap();
    assert_eq!(template.at("/Resources/Alarms/Type").unwrap(), "AWS::SNS::Topic");
    assert!(template.at("/Resources/Alarms/Condition").is_err());
    assert_eq!(template.at("/Resources/AlarmSubscription/Condition").unwrap(), "HasAlarmEmail");
    assert_eq!(template.at("/Parameters/AlarmEmail/Default").unwrap(), "");
    let given = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]});
    assert_eq!(template.at("/Conditions/HasAlarmEmail").unwrap(), &given);
    let subscription = template.properties("AlarmSubscription", "AWS::SNS::Subscription").unwrap();
    assert_eq!(
        properties(subscription, ["TopicArn", "Protocol", "Endpoint"]),
        [json!({"Ref": "Alarms"}), json!("email"), json!({"Ref": "AlarmEmail"})]
    );
    let policy = template.properties("AlarmsPolicy", "AWS::SNS::TopicPolicy").unwrap();
    let statements = policy.pointer("/PolicyDocument/Statement").unwrap().as_array().unwrap();
    let [statement] = statements.as_slice() else { panic!("{statements:?}") };
    assert_eq!(
        properties(statement, ["Effect", "Principal", "Action", "Resource"]),
        [
            json!("Allow"),
            json!({"Service": "cloudwatch.amazonaws.com"}),
            json!("sns:Publish"),
            json!({"Ref": "Alarms"})
        ]
    );
    let alarms =
        "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*";
    let condition = json!({"ArnLike": {"aws:SourceArn": {"Fn::Sub": alarms}},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}});
    assert_eq!(statement.get("Condition"), Some(&condition));
}
