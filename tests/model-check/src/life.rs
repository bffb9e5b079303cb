//! What happens in EC2 by itself: instances go through their lives, attachments are completed and ended.

use crate::world::{LinkState, Mark, Phase, Usage, World};

/// What an instance's phase can turn into.
pub fn next_phases(phase: Phase) -> &'static [Phase] {
    match phase {
        Phase::Unborn => &[Phase::Pending],
        Phase::Pending => &[Phase::Running, Phase::Ending],
        Phase::Running => &[Phase::Stopping, Phase::Ending],
        Phase::Stopping => &[Phase::Stopped],
        Phase::Stopped => &[Phase::Pending, Phase::Ending],
        Phase::Ending => &[Phase::Gone],
        Phase::Gone => &[],
    }
}

/// What an instance's phase ends in when nobody does anything.
fn last_phase(phase: Phase) -> Phase {
    match phase {
        Phase::Pending => Phase::Running,
        Phase::Stopping => Phase::Stopped,
        Phase::Ending => Phase::Gone,
        rest @ (Phase::Unborn | Phase::Running | Phase::Stopped | Phase::Gone) => rest,
    }
}

/// What becomes of an attachment by itself, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settling {
    /// It is completed.
    Completes,
    /// A detachment that was asked for is completed.
    Detaches,
    /// EC2 releases the volume, since the instance ends.
    Releases,
}

impl World {
    /// Lets an instance turn into the next phase, with all that EC2 does then.
    pub fn turn(&mut self, n: u8, phase: Phase) {
        let latest = self.latest_command(n);
        let Some(instance) = self.instances.get_mut(usize::from(n)) else { return };
        instance.phase = phase;
        match phase {
            Phase::Pending => {
                instance.launched = latest;
                // A warning is of the run in which it came.
                if instance.mark != Mark::ByHand {
                    instance.mark = Mark::None;
                }
            }
            // An instance takes longer from `stopped` to mounting than a look is fresh.
            Phase::Running => {
                instance.mounted = true;
                let links = self.volumes.iter_mut().filter_map(|volume| volume.link.as_mut());
                links.filter(|link| link.instance == n).for_each(|link| link.usage = Usage::Mounted);
            }
            Phase::Stopped => instance.mounted = false,
            Phase::Gone => {
                (instance.mounted, instance.foreign) = (false, None);
                for address in self.addresses.iter_mut().filter(|it| it.at.is_some_and(|at| at.instance == n))
                {
                    address.at = None;
                }
            }
            Phase::Unborn | Phase::Stopping | Phase::Ending => {}
        }
    }

    /// What will become of the volume's attachment by itself.
    pub fn settling(&self, volume: u8) -> Option<Settling> {
        let link = self.volume(volume)?.link?;
        match (link.state, self.phase(link.instance)) {
            (LinkState::Detaching, _) => Some(Settling::Detaches),
            // The release comes about when the instance has ended, before or after.
            (_, Phase::Ending | Phase::Gone) => Some(Settling::Releases),
            (LinkState::Attaching, _) => Some(Settling::Completes),
            (LinkState::Attached, _) => None,
        }
    }

    /// Lets it happen.
    pub fn settle(&mut self, volume: u8) {
        let settling = self.settling(volume);
        let Some(subject) = self.volumes.get_mut(usize::from(volume)) else { return };
        match (settling, &mut subject.link) {
            (Some(Settling::Completes), Some(link)) => link.state = LinkState::Attached,
            (Some(Settling::Detaches | Settling::Releases), link) => *link = None,
            (Some(Settling::Completes) | None, _) => {}
        }
    }

    /// Lets everything that is under way come to its end.
    pub fn calm(&mut self) {
        for n in self.numbers() {
            let last = last_phase(self.phase(n));
            if last != self.phase(n) {
                self.turn(n, last);
            }
        }
        self.end_commands();
        for n in (0..).take(self.volumes.len()) {
            while self.settling(n).is_some() {
                self.settle(n);
            }
        }
    }
}
