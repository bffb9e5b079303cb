//! The verdict: what of a run is not as promised, or proves nothing since it did not happen.

use crate::Figures;
use crate::churn;
use crate::setup::LEAST_FAULTY;
use local_ec2::Fault;

/// From how many invocations on a storm is long enough for everything to happen in it.
const LONG: u64 = 500;

/// What happens to instances in every storm.
const GIVEN: [&str; 3] = ["interrupted", "terminated", "stopped"];

/// What functions do in every storm.
const ALWAYS: [&str; 3] = ["AttachVolume", "AssociateAddress", "CreateTags"];

/// What they do beside that in one that is long enough: it needs a holder of a certain kind that goes at the right moment.
const IN_LONG_STORMS: [&str; 6] = [
    "DetachVolume",
    "DisassociateAddress",
    "TerminateInstances",
    "SendCommand",
    "CompleteLifecycleAction",
    "RecordLifecycleActionHeartbeat",
];

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
    let is_long = figures.invocations >= LONG;
    let churn = churn::names().into_iter().filter(|kind| is_long || GIVEN.contains(kind));
    let churn = churn.filter(|kind| none(figures.churn.get(*kind)));
    let acts = ALWAYS.into_iter().chain(IN_LONG_STORMS.into_iter().filter(|_| is_long));
    let acts = acts.filter(|action| none(figures.accepted.get(*action)));
    let killed = (figures.killed == 0).then_some("a process killed at work");
    let unseen =
        kinds.map(|kind| format!("the fault {kind}")).chain(events.map(|kind| format!("an event {kind}")));
    let unseen = unseen.chain(churn.map(|kind| format!("the churn {kind}")));
    unseen.chain(acts.map(str::to_owned)).chain(killed.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Spoil = fn(&mut Figures);

    fn good() -> Figures {
        let counts = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 25)).collect();
        Figures {
            invocations: 100,
            at_once: 2,
            killed: 1,
            calls: 1000,
            churn: churn::names().into_iter().map(|name| (name, 1)).collect(),
            faults: counts(&Fault::ALL.map(Fault::name)),
            events: counts(&["lost", "doubled", "late", "reordered"]),
            accepted: ALWAYS.into_iter().chain(IN_LONG_STORMS).map(|name| (name.to_owned(), 25)).collect(),
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
        for name in churn::names() {
            let mut figures = Figures { invocations: LONG, ..good() };
            figures.churn.remove(name);
            assert_eq!(of(&figures, 100), [format!("it never happened: the churn {name}")]);
            let short = Figures { invocations: LONG - 1, ..figures };
            assert_eq!(of(&short, 100).is_empty(), !GIVEN.contains(&name), "{name}");
        }
        for name in ALWAYS.into_iter().chain(IN_LONG_STORMS) {
            let mut figures = Figures { invocations: LONG, ..good() };
            figures.accepted.remove(name);
            assert_eq!(of(&figures, 100), [format!("it never happened: {name}")]);
            let short = Figures { invocations: LONG - 1, ..figures };
            assert_eq!(of(&short, 100).is_empty(), IN_LONG_STORMS.contains(&name), "{name}");
        }
        let cases: [(Spoil, &str); 6] = [
            (|figures| figures.killed = 0, "it never happened: a process killed at work"),
            (|figures| figures.events.retain(|kind, _| kind != "late"), "it never happened: an event late"),
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
