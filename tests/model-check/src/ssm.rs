//! A small Systems Manager: the drain commands that it has on record, what becomes of them, and what they unmount.
//!
//! A command that is on its way and one that runs are one: the planner is told the same of both, and either may end in
//! each way at any moment.

use crate::ec2::{Answer, Call};
use crate::world::{Link, Phase, Usage, World};

/// How many commands of an instance are explored at most.
const MOST: usize = 3;

/// A drain command on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Command {
    /// The instance that it was sent to.
    pub instance: u8,
    /// Which one of the instance's it is, in the order in which they were asked for, from 1.
    pub number: u8,
    /// The volumes that it names.
    pub volumes: Volumes,
    /// How far it is.
    pub status: Status,
    /// How long ago it was asked for.
    pub age: Age,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// On its way, or running.
    InProgress,
    /// It has unmounted what it names, and keeps it from being mounted again before the next boot.
    Success,
    /// It has not.
    Failed,
}

/// How long ago a command was asked for. One that is older still is not on record any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Age {
    /// So recently that its success is a proof.
    Fresh,
    /// Longer ago.
    Old,
}

/// A set of volumes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Volumes(u8);

impl Volumes {
    /// With the volume, too.
    #[must_use]
    pub fn with(self, volume: u8) -> Self {
        Self(self.0 | 1 << volume)
    }

    /// Whether the volume is one of them.
    pub fn has(self, volume: u8) -> bool {
        self.0 & (1 << volume) != 0
    }

    /// Their numbers.
    pub fn numbers(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |n| self.has(*n))
    }
}

impl FromIterator<u8> for Volumes {
    fn from_iter<I: IntoIterator<Item = u8>>(numbers: I) -> Self {
        numbers.into_iter().fold(Self::default(), Self::with)
    }
}

/// The commands of an instance.
pub fn of(record: &[Command], instance: u8) -> impl DoubleEndedIterator<Item = &Command> {
    record.iter().filter(move |command| command.instance == instance)
}

impl World {
    /// The number of the instance's latest command; 0 where there is none.
    pub fn latest_command(&self, instance: u8) -> u8 {
        of(&self.record, instance).map(|command| command.number).max().unwrap_or(0)
    }

    /// Whether the call sends a command and there is no room for it. Of an instance no more are explored at once than two
    /// functions send side by side after an earlier one.
    pub fn is_record_full(&self, call: Call) -> bool {
        let Call::Drain { instance, .. } = call else { return false };
        of(&self.record, instance).count() == MOST
    }

    /// What Systems Manager says to `SendCommand`, having done it.
    pub fn send(&mut self, instance: u8, volumes: Volumes) -> Answer {
        // Of an instance that has just left Systems Manager may not know it yet.
        let is_known = matches!(self.phase(instance), Phase::Running | Phase::Stopping | Phase::Ending);
        if !is_known || self.instance(instance).is_none_or(|on| on.agent == Agent::Unknown) {
            return Answer::Denied;
        }
        let number = self.latest_command(instance) + 1;
        let (status, age) = (Status::InProgress, Age::Fresh);
        self.record.push(Command { instance, number, volumes, status, age });
        self.record.sort_unstable();
        for link in self.links_of(instance, volumes).filter(|link| link.usage == Usage::Mounted) {
            link.usage = Usage::Asked;
        }
        Answer::Accepted
    }

    /// How a command may end now.
    pub fn ends_of(&self, command: &Command) -> &'static [Status] {
        let agent = self.instance(command.instance).map(|on| on.agent);
        match (command.status, self.phase(command.instance), agent) {
            (Status::Success | Status::Failed, _, _) => &[],
            (_, Phase::Running | Phase::Stopping | Phase::Ending, Some(Agent::Works)) => {
                &[Status::Success, Status::Failed]
            }
            _ => &[Status::Failed],
        }
    }

    /// Ends a command. A success has unmounted what was there when it was asked for, in this run of the instance; of what
    /// came later it is not assumed.
    pub fn end_command(&mut self, instance: u8, number: u8, status: Status) -> Option<()> {
        let launched = self.instance(instance)?.launched;
        let mut own = self.record.iter_mut().filter(|own| (own.instance, own.number) == (instance, number));
        let command = own.next()?;
        command.status = status;
        let (number, volumes) = (command.number, command.volumes);
        if status == Status::Success && number > launched {
            for link in self.links_of(instance, volumes).filter(|link| number > link.since) {
                link.usage = Usage::Drained;
            }
        }
        Some(())
    }

    /// Ends every command as it does when nobody does anything.
    pub fn end_commands(&mut self) {
        for command in self.record.clone() {
            if let Some(end) = self.ends_of(&command).first() {
                self.end_command(command.instance, command.number, *end);
            }
        }
    }

    /// Has every command grow old. Whether any was not.
    pub fn age_commands(&mut self) -> bool {
        let mut fresh = self.record.iter_mut().filter(|command| command.age == Age::Fresh).peekable();
        let was_any = fresh.peek().is_some();
        fresh.for_each(|command| command.age = Age::Old);
        was_any
    }

    /// Whether the last command that has ended has failed, of those that name the volume and were asked for in this run of
    /// the instance, since it has the volume.
    pub fn has_failed(&self, volume: u8, link: Link) -> bool {
        let launched = self.instance(link.instance).map_or(0, |on| on.launched);
        let mut ended = of(&self.record, link.instance).rev().filter(|command| {
            command.volumes.has(volume)
                && command.number > launched.max(link.since)
                && command.status != Status::InProgress
        });
        ended.next().is_some_and(|last| last.status == Status::Failed)
    }

    fn links_of(&mut self, instance: u8, volumes: Volumes) -> impl Iterator<Item = &mut Link> {
        let named = (0..).zip(&mut self.volumes).filter(move |(n, _)| volumes.has(*n));
        named.filter_map(|(_, volume)| volume.link.as_mut()).filter(move |link| link.instance == instance)
    }
}

/// What the agent of Systems Manager does on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agent {
    /// What it is told, most of the time.
    Works,
    /// Every command fails.
    Fails,
    /// It has never reported: Systems Manager does not know the instance.
    Unknown,
}

/// The numbers of commands without gaps, so that states that differ in nothing else are one: of an instance's first command
/// that is still on record 1, and of all that came before it 0.
#[derive(Debug)]
pub struct Numbers<'a> {
    record: &'a [Command],
}

impl<'a> Numbers<'a> {
    /// Counts what is on record.
    pub fn of(record: &'a [Command]) -> Self {
        Self { record }
    }

    /// The new number of the last of the instance's commands that are meant, of those up to this number; 0 without any.
    fn by(&self, instance: u8, number: u8, is_meant: impl Fn(&Command) -> bool) -> u8 {
        let last = of(self.record, instance).rev().find(|own| own.number <= number && is_meant(own));
        last.map_or(0, |last| self.rank(instance, last.number))
    }

    fn rank(&self, instance: u8, number: u8) -> u8 {
        let earlier = of(self.record, instance).filter(|own| own.number <= number).count();
        u8::try_from(earlier).unwrap_or(u8::MAX)
    }

    /// Whether the world has the numbers already.
    pub fn fit(&self, world: &World) -> bool {
        let mut links = (0..).zip(&world.volumes).filter_map(|(n, volume)| Some((n, volume.link?)));
        let mut instances = (0..).zip(&world.instances);
        let is_numbered = |(n, link): (u8, Link)| self.since(n, link) == link.since;
        links.all(is_numbered)
            && instances.all(|(n, on)| self.by(n, on.launched, |_| true) == on.launched)
            && world.record.iter().all(|own| self.rank(own.instance, own.number) == own.number)
    }

    fn since(&self, volume: u8, link: Link) -> u8 {
        self.by(link.instance, link.since, |command| command.volumes.has(volume))
    }

    /// Gives the world the numbers.
    pub fn give(&self, world: &mut World) {
        for (n, volume) in (0..).zip(&mut world.volumes) {
            volume.link = volume.link.map(|link| Link { since: self.since(n, link), ..link });
        }
        for (n, on) in (0..).zip(&mut world.instances) {
            on.launched = self.by(n, on.launched, |_| true);
        }
        for command in &mut world.record {
            command.number = self.rank(command.instance, command.number);
        }
    }
}
