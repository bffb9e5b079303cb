//! A law over payloads that every function refuses would hold of any parser: these tests count what comes about.

use crate::any_bytes::{self, read};
use crate::any_json::{self, KINDS, anything, kinds};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;

/// That many values, always the same ones.
fn values<T>(strategy: &impl Strategy<Value = T>, count: usize) -> impl Iterator<Item = T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

/// How many are taken for each kind of event, and how many are refused by every function.
fn count(payloads: impl Iterator<Item = Value>) -> ([(&'static str, usize); 8], usize) {
    let (mut taken, mut refused) = (KINDS.map(|kind| (kind, 0)), 0);
    for payload in payloads {
        let found = kinds(&payload);
        refused += usize::from(found.is_empty());
        for (kind, count) in &mut taken {
            *count += usize::from(found.contains(kind));
        }
    }
    (taken, refused)
}

#[test]
fn what_is_almost_an_event_is_often_one_of_each_kind() {
    let (taken, refused) = count(values(&any_json::almost(), 3000));
    assert!(refused > 500, "{refused}");
    for (kind, count) in taken {
        assert!(count > 50, "{kind}: {count} of {taken:?}");
    }
}

#[test]
fn any_json_is_now_and_then_an_input_by_hand() {
    let (taken, refused) = count(values(&anything(), 3000));
    let by_hand = taken.iter().find(|(kind, _)| *kind == "an input by hand").unwrap().1;
    assert!(by_hand > 20 && refused > 2000, "{taken:?}, {refused} refused");
}

#[test]
fn a_changed_sample_is_often_no_json_and_often_an_event_of_each_kind() {
    let all: Vec<Vec<u8>> = values(&any_bytes::almost(), 3000).collect();
    let json: Vec<Value> = all.iter().filter_map(|bytes| read(bytes).ok()).collect();
    assert!(all.len() - json.len() > 500, "{} of {} are JSON", json.len(), all.len());
    let (taken, refused) = count(json.into_iter());
    assert!(refused > 100, "{refused}");
    for (kind, count) in taken {
        assert!(count > 50, "{kind}: {count} of {taken:?}");
    }
}
