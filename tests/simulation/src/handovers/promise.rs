//! What the figures have to be.

use super::Kind;
use super::figures::{Figures, Row};

/// Seconds without the volume, for the median, by `drain`.
const DRAIN: f64 = 15.0;
/// The same, by `terminate`.
const TERMINATE: f64 = 60.0;
/// Seconds from EC2's release to the attachment, for the median, by `on-release`.
const AFTER_RELEASE: f64 = 5.0;
/// Writes for a handover, at most.
const WRITES: f64 = 6.0;
/// Describe calls for a handover, at most, those not counted that wait for a release.
const DESCRIBES: f64 = 20.0;

/// What is not as it has to be; nothing, if all is well.
pub fn broken(figures: &Figures) -> Vec<String> {
    let mut broken = figures.faults.clone();
    let empty = Row::default();
    for kind in Kind::ALL {
        let row = figures.rows.get(&kind).unwrap_or(&empty);
        let mut at_most = |what: &str, found: f64, most: f64| {
            if found > most {
                broken.push(format!("{kind}: {what} {found:.1}, and at most {most} may be"));
            }
        };
        match kind {
            Kind::OnRelease => {
                at_most("median seconds after EC2's release", row.after_release.median(), AFTER_RELEASE);
            }
            Kind::Drain => at_most("median seconds without the volume", row.without_volume.median(), DRAIN),
            Kind::Terminate => {
                at_most("median seconds without the volume", row.without_volume.median(), TERMINATE);
            }
            // It is handed over as with `on-release`, and holds nobody to a time.
            Kind::FailingDrain => {}
        }
        at_most("writes for a handover", row.writes.worst(), WRITES);
        at_most("Describe calls for a handover", row.describes.worst(), DESCRIBES);
        at_most("lost slots", if row.lost == 0 { 0.0 } else { 1.0 }, 0.0);
        if row.count == 0 {
            broken.push(format!("{kind}: there was none"));
        }
    }
    broken
}
