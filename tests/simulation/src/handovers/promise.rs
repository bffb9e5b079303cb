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
        // A drain that fails is tried again for as long as there is hope, at the cost of a write and a look each time.
        if kind != Kind::FailingDrain {
            at_most("writes for a handover", row.writes.worst(), WRITES);
            at_most("Describe calls for a handover", row.describes.worst(), DESCRIBES);
        }
        at_most("lost slots", if row.lost == 0 { 0.0 } else { 1.0 }, 0.0);
        if row.count == 0 {
            broken.push(format!("{kind}: there was none"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_happen_is_named() {
        let broken = broken(&Figures::default());
        assert_eq!(broken.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(broken.contains(&format!("{kind}: there was none")), "{broken:?}");
        }
    }

    #[test]
    fn each_bound_is_held() {
        let of = |number: f64| std::iter::once((number, 7)).collect();
        let slow = Row {
            count: 1,
            lost: 1,
            without_volume: of(61.0),
            after_release: of(5.1),
            writes: of(7.0),
            describes: of(21.0),
            ..Row::default()
        };
        let rows = Kind::ALL.into_iter().map(|kind| (kind, slow.clone())).collect();
        assert_eq!(
            broken(&Figures { rows, faults: vec!["seed 7: the judge".to_owned()] }),
            [
                "seed 7: the judge",
                "on-release: median seconds after EC2's release 5.1, and at most 5 may be",
                "on-release: writes for a handover 7.0, and at most 6 may be",
                "on-release: Describe calls for a handover 21.0, and at most 20 may be",
                "on-release: lost slots 1.0, and at most 0 may be",
                "drain: median seconds without the volume 61.0, and at most 15 may be",
                "drain: writes for a handover 7.0, and at most 6 may be",
                "drain: Describe calls for a handover 21.0, and at most 20 may be",
                "drain: lost slots 1.0, and at most 0 may be",
                "terminate: median seconds without the volume 61.0, and at most 60 may be",
                "terminate: writes for a handover 7.0, and at most 6 may be",
                "terminate: Describe calls for a handover 21.0, and at most 20 may be",
                "terminate: lost slots 1.0, and at most 0 may be",
                "drain that fails: lost slots 1.0, and at most 0 may be",
            ]
        );
    }
}
