//! The verdict: what of a run is not as promised, or proves nothing since it did not happen.

use crate::Figures;
use crate::setup::LEAST_FAULTY;
use local_ec2::Fault;

/// How many sweeps of a quiet world may pass until every slot is held.
pub const MOST_SWEEPS: u32 = 4;

/// Every fault of the run, in words; none, if all is well.
pub fn of(figures: &Figures, invocations: u64) -> Vec<String> {
    let mut faults: Vec<String> =
        figures.violations.iter().map(|violation| format!("VIOLATION {violation}")).collect();
    faults.extend(figures.not_held.iter().map(|slot| format!("not held: {slot}")));
    faults.extend(figures.restless.iter().map(|act| format!("all was held, and a further sweep did {act}")));
    faults.extend(figures.wrong.iter().cloned());
    if figures.invocations < invocations {
        faults.push(format!("{} invocations, and {invocations} were asked for", figures.invocations));
    }
    if figures.at_once < 2 {
        faults.push("no two invocations ran at once".to_owned());
    }
    if figures.faulty() < LEAST_FAULTY {
        let (seen, least) = (figures.faulty() * 100.0, LEAST_FAULTY * 100.0);
        faults.push(format!("{seen:.1} % of calls met a fault, and {least:.0} % are to"));
    }
    faults.extend(unseen(figures).into_iter().map(|what| format!("it never happened: {what}")));
    faults
}

/// What the run is to have seen, and has not.
fn unseen(figures: &Figures) -> Vec<String> {
    let none = |count: Option<&u64>| count.is_none_or(|count| *count == 0);
    let kinds = Fault::ALL.map(Fault::name).into_iter().filter(|kind| none(figures.faults.get(*kind)));
    let events = ["lost", "doubled", "late", "reordered"];
    let events = events.into_iter().filter(|kind| none(figures.events.get(*kind)));
    let churn = ["interrupted", "terminated", "stopped"];
    let churn = churn.into_iter().filter(|kind| none(figures.churn.get(*kind)));
    let acts = ["AttachVolume", "DetachVolume", "AssociateAddress", "CreateTags"];
    let acts = acts.into_iter().filter(|action| none(figures.by_action.get(*action)));
    let killed = (figures.killed == 0).then_some("a process killed at work");
    let unseen =
        kinds.map(|kind| format!("the fault {kind}")).chain(events.map(|kind| format!("an event {kind}")));
    let unseen = unseen.chain(churn.map(|kind| format!("an instance {kind}")));
    unseen.chain(acts.map(str::to_owned)).chain(killed.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    type Spoil = fn(&mut Figures);

    fn good() -> Figures {
        let counts = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 25)).collect();
        Figures {
            invocations: 100,
            at_once: 2,
            killed: 1,
            calls: 1000,
            churn: BTreeMap::from([("interrupted", 1), ("terminated", 1), ("stopped", 1)]),
            faults: counts(&Fault::ALL.map(Fault::name)),
            events: counts(&["lost", "doubled", "late", "reordered"]),
            by_action: counts(&["AttachVolume", "DetachVolume", "AssociateAddress", "CreateTags"]),
            ..Figures::default()
        }
    }

    #[test]
    fn a_good_run_passes() {
        assert_eq!(of(&good(), 100), Vec::<String>::new());
    }

    #[test]
    fn whatever_did_not_happen_fails() {
        for kind in Fault::ALL.map(Fault::name) {
            let mut figures = good();
            figures.faults.insert(kind.to_owned(), 0);
            assert_eq!(of(&figures, 100), [format!("it never happened: the fault {kind}")]);
        }
        let cases: [(Spoil, &str); 8] = [
            (|figures| figures.killed = 0, "it never happened: a process killed at work"),
            (
                |figures| figures.churn.retain(|kind, _| *kind != "stopped"),
                "it never happened: an instance stopped",
            ),
            (|figures| figures.events.retain(|kind, _| kind != "late"), "it never happened: an event late"),
            (
                |figures| figures.by_action.retain(|act, _| act != "CreateTags"),
                "it never happened: CreateTags",
            ),
            (|figures| figures.at_once = 1, "no two invocations ran at once"),
            (|figures| figures.calls = 1500, "18.3 % of calls met a fault, and 20 % are to"),
            (|figures| figures.invocations = 99, "99 invocations, and 100 were asked for"),
            (|figures| figures.wrong.push("it died".to_owned()), "it died"),
        ];
        for (spoil, fault) in cases {
            let mut figures = good();
            spoil(&mut figures);
            assert_eq!(of(&figures, 100), [fault]);
        }
    }
}
