//! Whatever bytes come: no panic, and what is no JSON is named.

use crate::any_json::{check, payloads};
use crate::config;
use crate::payload::Payload;
use proptest::prelude::*;
use proptest::sample::Index;
use reconciler::events::InvalidEvent;
use serde_json::{Deserializer, Value};

/// The JSON that the bytes of an invocation are, by way of what the runtime does with them. The runtime itself must never
/// find anything wrong: its answer would not be Holdfast's.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, InvalidEvent> {
    let payload: Payload = serde_path_to_error::deserialize(&mut Deserializer::from_slice(bytes)).unwrap();
    payload.json()
}

/// A change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Cut(Index, usize),
    End(Index),
    Insert(Index, Vec<u8>),
}

impl Change {
    fn apply(self, bytes: &mut Vec<u8>) {
        let at = |index: Index, bytes: &[u8]| index.index(bytes.len() + 1);
        match self {
            Self::Flip(index, bit) => {
                let at = at(index, bytes);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            Self::Cut(index, most) => {
                let from = at(index, bytes);
                let to = (from + most).min(bytes.len());
                bytes.drain(from..to);
            }
            Self::End(index) => bytes.truncate(at(index, bytes)),
            Self::Insert(index, new) => {
                let at = at(index, bytes);
                bytes.splice(at..at, new);
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(index, bit)| Change::Flip(index, bit)),
        2 => (any::<Index>(), 1..40_usize).prop_map(|(index, most)| Change::Cut(index, most)),
        1 => any::<Index>().prop_map(Change::End),
        2 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(index, new)| Change::Insert(index, new)),
        // So that whole values come and go, and JSON is left more often.
        2 => (any::<Index>(), prop::sample::select(vec!["\"", "{", "}", "[", "]", ",", ":", " ", "0", "null", "\\u0000"]))
            .prop_map(|(index, new)| Change::Insert(index, new.into())),
    ]
}

/// A sample of any function with some bytes changed.
pub(crate) fn almost() -> impl Strategy<Value = Vec<u8>> {
    let samples: Vec<Vec<u8>> = payloads().iter().map(|payload| payload.to_string().into_bytes()).collect();
    (prop::sample::select(samples), prop::collection::vec(change(), 0..4)).prop_map(|(mut bytes, changes)| {
        for change in changes {
            change.apply(&mut bytes);
        }
        bytes
    })
}

/// What is no JSON is named with the place, and what is passes for what it is.
fn check_bytes(bytes: &[u8]) -> Result<(), TestCaseError> {
    match read(bytes) {
        Ok(payload) => {
            if let Ok(whole) = serde_json::from_slice::<Value>(bytes) {
                prop_assert_eq!(&payload, &whole);
            }
            check(&payload)
        }
        Err(error) => {
            prop_assert!(serde_json::from_slice::<Value>(bytes).is_err());
            let message = error.to_string();
            prop_assert!(message.starts_with("the payload is no JSON ("), "{}", message);
            prop_assert!(message.contains(" at line "), "{}", message);
            Ok(())
        }
    }
}

#[test]
fn json_without_an_end_is_refused() {
    let deep = "[".repeat(100_000);
    assert!(read(deep.as_bytes()).unwrap_err().to_string().contains("recursion limit exceeded"));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_taken_for_what_they_are_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_bytes(&bytes)?;
    }

    #[test]
    fn what_is_almost_a_sample_is_taken_for_what_it_is_or_refused(bytes in almost()) {
        check_bytes(&bytes)?;
    }
}
