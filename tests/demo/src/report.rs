//! A function's answer in a few words. Pure.

use serde_json::Value;
use stage::Answer;

/// What a report says was done and how it stands, such as `attach-volume, associate-address → held`; of an error, its
/// type and message.
pub fn in_short(answer: &Answer) -> String {
    match answer {
        Answer::Error { kind, message } => format!("{kind}: {message}"),
        Answer::Report(report) => summary(report),
    }
}

/// The same of a report.
pub fn summary(report: &Value) -> String {
    let fleets = list(report, "fleets");
    let slots: Vec<Value> = fleets.iter().flat_map(|fleet| list(fleet, "slots")).collect();
    let steps = fleets.iter().chain(&slots).flat_map(|place| list(place, "steps"));
    let steps: Vec<String> = steps.map(|step| in_words(&step)).collect();
    let states: Vec<String> = slots.iter().map(|slot| text(slot, "state")).collect();
    let done = if steps.is_empty() { "nothing to do".to_owned() } else { steps.join(", ") };
    if states.is_empty() { done } else { format!("{done} → {}", states.join(", ")) }
}

/// A step, and how it went unless it is done.
fn in_words(step: &Value) -> String {
    match text(step, "outcome").as_str() {
        "done" => text(step, "step"),
        outcome => format!("{} ({outcome})", text(step, "step")),
    }
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_summary_names_every_step_and_state() {
        let report = json!({"fleets": [{
            "fleet": "web",
            "slots": [{"slot": "main", "state": "waiting", "steps": [
                {"step": "attach-volume", "outcome": "refused"},
                {"step": "attach-volume", "outcome": "done"},
            ]}],
            "steps": [{"step": "mark-draining", "outcome": "done"}],
        }]});
        let expected = "mark-draining, attach-volume (refused), attach-volume → waiting";
        assert_eq!(in_short(&Answer::Report(report)), expected);
        let idle =
            json!({"fleets": [{"fleet": "web", "slots": [{"slot": "main", "state": "held", "steps": []}]}]});
        assert_eq!(in_short(&Answer::Report(idle)), "nothing to do → held");
        assert_eq!(in_short(&Answer::Report(json!({"fleets": []}))), "nothing to do");
    }

    #[test]
    fn an_error_is_told_with_its_type() {
        let (kind, message) = ("InvalidEvent".to_owned(), "no instance".to_owned());
        assert_eq!(in_short(&Answer::Error { kind, message }), "InvalidEvent: no instance");
    }
}
