//! Choices read off a row of bytes, so that proptest can shrink whatever was built from them: smaller bytes choose
//! earlier options, and the earlier options are the plainer ones.

use proptest::prelude::{Strategy, any};

/// A row of bytes long enough for the largest world.
pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // By eights: single bytes would take longer to make than the worlds built from them.
    let eights = proptest::collection::vec(any::<u64>(), 64);
    eights.prop_map(|eights| eights.into_iter().flat_map(u64::to_be_bytes).collect())
}

/// What is left of a row of bytes. When nothing is, every choice is the plainest.
pub(crate) struct Dice<'b>(std::slice::Iter<'b, u8>);

impl<'b> Dice<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes.iter())
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let byte = self.0.next().copied().unwrap_or_default();
        usize::from(byte) * sides / 256
    }

    /// A small number from `least` on, `count` different ones.
    pub(crate) fn number(&mut self, least: u8, count: u8) -> u8 {
        let byte = self.0.next().copied().unwrap_or_default();
        let rolled = u16::from(byte) * u16::from(count) / 256;
        least + u8::try_from(rolled).unwrap_or_default()
    }

    pub(crate) fn choose<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.roll(options.len())]
    }

    /// Whether the rarer of two things is the case.
    pub(crate) fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) + 1 == sides
    }
}
