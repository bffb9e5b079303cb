//! The story as lines of columns.

use crate::Error;
use serde_json::Value;
use std::io::Write;
use tokio::time::Instant;

/// A story that is being told.
pub(super) struct Timeline<'a, W> {
    out: &'a mut W,
    start: Instant,
}

impl<'a, W: Write> Timeline<'a, W> {
    pub(super) fn begin(out: &'a mut W, prologue: &str) -> Result<Self, Error> {
        let mut timeline = Self { out, start: Instant::now() };
        timeline.write(&format!("{prologue}\n"))?;
        timeline.row("s", "who", "what", ["volume", "address"])?;
        Ok(timeline)
    }

    /// Something that happened, and who has the volume and the address since.
    pub(super) fn line(&mut self, who: &str, what: &str, holders: &[String; 2]) -> Result<(), Error> {
        let time = format!("{:.1}", self.start.elapsed().as_secs_f64());
        let [volume, address] = holders;
        self.row(&time, who, what, [volume, address])
    }

    pub(super) fn end(mut self, epilogue: &str) -> Result<(), Error> {
        self.write(&format!("\n{epilogue}\n"))
    }

    fn row(&mut self, time: &str, who: &str, what: &str, [volume, address]: [&str; 2]) -> Result<(), Error> {
        self.write(&format!("{time:>4}  {who:<25}  {what:<47}  {volume:<6}  {address}\n"))
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).map_err(Error::io("print"))
    }
}

/// What a report says was done and how it stands, such as `attach-volume, associate-address: held`.
pub(super) fn summary(report: &Value) -> String {
    let list =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let fleets = list(report, "fleets");
    let slots: Vec<Value> = fleets.iter().flat_map(|fleet| list(fleet, "slots")).collect();
    let steps = fleets.iter().chain(&slots).flat_map(|place| list(place, "steps"));
    let steps: Vec<String> = steps.map(|step| text(&step, "step")).collect();
    let states: Vec<String> = slots.iter().map(|slot| text(slot, "state")).collect();
    let done = if steps.is_empty() { "nothing to do".to_owned() } else { steps.join(", ") };
    format!("{done}: {}", states.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_summary_names_every_step_and_state() {
        let report = json!({"fleets": [{
            "fleet": "web",
            "slots": [{"slot": "main", "state": "waiting", "steps": [{"step": "attach-volume"}]}],
            "steps": [{"step": "mark-draining"}],
        }]});
        assert_eq!(summary(&report), "mark-draining, attach-volume: waiting");
        let idle =
            json!({"fleets": [{"fleet": "web", "slots": [{"slot": "main", "state": "held", "steps": []}]}]});
        assert_eq!(summary(&idle), "nothing to do: held");
    }
}
