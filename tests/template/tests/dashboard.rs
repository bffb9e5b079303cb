//! The dashboard: that it is one, and that what it draws is what is counted.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;

use reconciler::metrics::{DIMENSION, Metric, NAMESPACE};
use serde_json::Value;
use template::Template;

/// The names in `${…}`.
fn references(text: &str) -> BTreeSet<String> {
    let rest = text.split("${").skip(1);
    rest.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

fn body() -> String {
    let template = Template::read().unwrap();
    let properties = template.properties("Dashboard", "AWS::CloudWatch::Dashboard").unwrap();
    properties.pointer("/DashboardBody/Fn::Sub").unwrap().as_str().unwrap().to_owned()
}

/// The body with its references as they stand, which are plain text within it.
fn widgets() -> Vec<Value> {
    let body: Value = serde_json::from_str(&body()).unwrap();
    body.get("widgets").unwrap().as_array().unwrap().clone()
}

/// Each metric that is drawn: namespace, name, dimension and its value, with `.` for the same as above; and its options.
fn drawn() -> Vec<([String; 4], Value)> {
    let mut drawn = Vec::new();
    for widget in widgets() {
        let mut above: [String; 4] = Default::default();
        for row in widget.pointer("/properties/metrics").and_then(Value::as_array).into_iter().flatten() {
            let row = row.as_array().unwrap();
            let [namespace, name, dimension, value, options] = row.as_slice() else {
                assert!(row.len() == 1 && row.iter().all(Value::is_object), "{row:?}");
                continue;
            };
            for (place, said) in above.iter_mut().zip([namespace, name, dimension, value]) {
                let said = said.as_str().unwrap();
                if said != "." {
                    said.clone_into(place);
                }
            }
            drawn.push((above.clone(), options.clone()));
        }
    }
    drawn
}

#[test]
fn the_body_refers_to_what_the_template_has() {
    let template = Template::read().unwrap();
    let resources = template.section("Resources").unwrap();
    for reference in references(&body()) {
        let name = reference.split('.').next().unwrap();
        assert!(reference.starts_with("AWS::") || resources.contains_key(name), "{reference}");
    }
}

#[test]
fn every_metric_is_drawn_and_nothing_that_is_not_counted() {
    let counted: BTreeSet<_> = Metric::ALL.map(Metric::name).map(str::to_owned).into();
    let own = drawn().into_iter().filter(|([namespace, ..], _)| namespace == NAMESPACE);
    let drawn: BTreeSet<_> = own
        .map(|([_, name, dimension, _], _)| {
            assert_eq!(dimension, DIMENSION);
            name
        })
        .collect();
    assert_eq!(drawn, counted);
}

/// A dashboard is free while it refers to 50 metrics at most ("Amazon CloudWatch pricing": 3 dashboards a month).
#[test]
fn the_dashboard_draws_no_more_metrics_than_a_free_one_may() {
    let drawn = drawn().len();
    assert!(drawn <= 50, "{drawn} metrics are drawn");
}

#[test]
fn what_is_not_of_the_sweep_alone_is_drawn_for_every_function() {
    let template = Template::read().unwrap();
    let functions: BTreeSet<_> =
        template.functions().unwrap().into_iter().map(|it| format!("${{{}}}", it.logical_id)).collect();
    let names: BTreeSet<_> = drawn().into_iter().map(|([_, name, ..], _)| name).collect();
    for lambda in ["Duration", "Errors", "Throttles"] {
        assert!(names.contains(lambda), "{lambda}");
    }
    for name in names {
        let of: BTreeSet<_> =
            drawn().into_iter().filter(|(row, _)| row[1] == name).map(|(row, _)| row[3].clone()).collect();
        if name.starts_with("Slots") {
            assert_eq!(of, BTreeSet::from(["${Reconcile}".to_owned()]), "{name}");
        } else {
            assert_eq!(of, functions, "{name}");
        }
    }
}

#[test]
fn every_sum_adds_up_hidden_metrics_of_its_own_widget_and_leaves_none_out() {
    for widget in widgets() {
        let rows = widget.pointer("/properties/metrics").and_then(Value::as_array);
        let rows: Vec<&Value> = rows.into_iter().flatten().filter_map(|row| row.as_array()?.last()).collect();
        let hidden: BTreeSet<_> = rows
            .iter()
            .filter(|options| options.get("visible").is_some())
            .map(|options| options.get("id").unwrap().as_str().unwrap().to_owned())
            .collect();
        let sums = rows.iter().filter_map(|options| options.get("expression")?.as_str());
        let summed = sums.flat_map(|sum| {
            let ids = sum.strip_prefix("SUM([").unwrap().strip_suffix("])").unwrap();
            ids.split(", ").map(str::to_owned).collect::<Vec<_>>()
        });
        let summed: Vec<_> = summed.collect();
        assert_eq!(summed.iter().cloned().collect::<BTreeSet<_>>(), hidden);
        assert_eq!(summed.len(), hidden.len(), "one is summed twice: {summed:?}");
    }
}

#[test]
fn widgets_lie_side_by_side_on_a_grid_of_24_columns() {
    let widgets = widgets();
    let edges = |widget: &Value| {
        ["x", "y", "width", "height"].map(|edge| widget.get(edge).unwrap().as_u64().unwrap())
    };
    for (n, one) in widgets.iter().enumerate() {
        let [x, y, width, height] = edges(one);
        assert!(x + width <= 24 && height > 0, "{one}");
        for other in widgets.iter().skip(n + 1) {
            let [other_x, other_y, other_width, other_height] = edges(other);
            let apart = x + width <= other_x
                || other_x + other_width <= x
                || y + height <= other_y
                || other_y + other_height <= y;
            assert!(apart, "{one} and {other}");
        }
    }
}

#[test]
fn without_slots_the_dashboard_says_what_to_do() {
    let text = widgets().into_iter().find(|widget| widget["type"] == "text").unwrap();
    let text = text.pointer("/properties/markdown").unwrap().as_str().unwrap().to_owned();
    assert!(text.contains("No slot yet?") && text.contains("holdfast:fleet"), "{text}");
}

#[test]
fn every_alarm_is_shown() {
    let template = Template::read().unwrap();
    let resources = template.section("Resources").unwrap().iter();
    let alarms = resources.filter(|(_, it)| it["Type"] == "AWS::CloudWatch::Alarm");
    let expected: BTreeSet<_> = alarms.map(|(name, _)| format!("${{{name}.Arn}}")).collect();
    let shown = widgets().into_iter().find(|widget| widget["type"] == "alarm").unwrap();
    let shown = shown.pointer("/properties/alarms").unwrap().as_array().unwrap().clone();
    assert_eq!(shown.iter().map(|arn| arn.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), expected);
}
