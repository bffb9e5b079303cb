//! A story as lines of columns. Pure.

use crate::recording::{Note, Recording, Source};
use crate::scene::Scene;
use planner::observation::AttachmentState;
use std::time::Duration;

/// What stands above the columns.
pub const HEADER: &str = "     s  volume  address  who       what";

/// A note, and who has the volume and the address since.
pub fn line(recording: &Recording, note: &Note) -> String {
    let scene = recording.at(note.at);
    let who = match note.source {
        Source::Ec2 => "EC2",
        Source::Event => "event",
        Source::Function => "function",
        Source::Outside => "demo",
    };
    let (at, volume, address) = (seconds(note.at), volume(&scene), address(&scene));
    format!("{at:>6}  {volume:<6}  {address:<7}  {who:<8}  {}", note.text)
}

/// To the tenth of a second, which is how often EC2 is looked at.
pub fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

/// Who has the volume: `A`, `to A` while it is being attached, `off A` while it is being detached.
pub fn volume(scene: &Scene) -> String {
    match scene.volume {
        None => "-".to_owned(),
        Some(seat) => match seat.state {
            AttachmentState::Attaching => format!("to {}", seat.instance),
            AttachmentState::Attached => seat.instance.to_string(),
            AttachmentState::Detaching | AttachmentState::Busy => format!("off {}", seat.instance),
        },
    }
}

/// Who has the address.
pub fn address(scene: &Scene) -> String {
    scene.address.map_or("-".to_owned(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{replacement, s};

    #[test]
    fn each_note_is_a_line_with_who_has_what() {
        let mut recording = replacement();
        recording.tell(s(60.0), Source::Event, "A is running, again → instance-state-change");
        let lines: Vec<_> = recording.notes.iter().map(|note| line(&recording, note)).collect();
        assert_eq!(
            [HEADER].into_iter().chain(lines.iter().map(String::as_str)).collect::<Vec<_>>(),
            [
                "     s  volume  address  who       what",
                "   0.0  -       -        EC2       A is running",
                "   1.0  to A    -        EC2       the volume is being attached to A",
                "   1.5  to A    A        EC2       the address points to A",
                "   4.0  A       A        EC2       the volume is attached to A",
                "  10.0  A       A        EC2       A is shutting-down",
                "  15.0  A       A        EC2       B is pending",
                "  30.0  -       A        EC2       the volume is free",
                "  32.0  -       -        EC2       A is terminated",
                "  32.0  -       -        EC2       the address points nowhere",
                "  45.0  -       -        EC2       B is running",
                "  46.0  to B    -        EC2       the volume is being attached to B",
                "  46.5  to B    B        EC2       the address points to B",
                "  49.0  B       B        EC2       the volume is attached to B",
                "  60.0  B       B        event     A is running, again → instance-state-change",
            ]
        );
    }
}
