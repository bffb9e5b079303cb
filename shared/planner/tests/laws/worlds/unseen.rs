//! What EC2's answers do not say of a world: Systems Manager's record, and what the invocation remembers.

use super::{Maker, SLOTS};
use planner::command::{Command, CommandStatus, Record};
use planner::fixtures::{
    NOW, allocation_id, association_id, at, command, device, instance_id, interface_id, private, volume_id,
};
use planner::ids::SlotName;
use planner::memory::{Accepted, Associated, Failure};
use planner::plan::Step;

impl Maker<'_> {
    /// What Systems Manager has on record, of most instances.
    pub(super) fn look_up_commands(&mut self) {
        if self.dice.one_in(12) {
            self.seen.0.drain_document = None;
        }
        for n in 1..=self.instances {
            let record = match self.dice.roll(16) {
                0..=2 => continue,
                3 if self.kind.remembers => Record::Unanswered,
                4 if self.oddly() => Record::Refused("AccessDeniedException".to_owned()),
                _ => {
                    let count = self.dice.choose(&[1, 1, 1, 1, 2, 0]);
                    Record::Commands((0..count).map(|_| self.command()).collect())
                }
            };
            self.seen.0.records.insert(instance_id(n), record);
        }
    }

    /// A command that names all volumes of the world, or a few.
    fn command(&mut self) -> Command {
        use CommandStatus::{InProgress, Success};
        let failed = CommandStatus::Failed("ExecutionTimedOut".to_owned());
        let statuses = [Success, Success, Success, Success, InProgress, failed];
        let status = statuses[self.dice.roll(statuses.len())].clone();
        let first = self.dice.choose(&[1, 1, 1, 1, 1, 2, 4]);
        let named: Vec<u8> = (first..=9).collect();
        command(self.dice.choose(&[8, 8, 20, 20, 59, 60, 80, 300]), &named, status)
    }

    pub(super) fn remember(&mut self) {
        let at = at(NOW - self.dice.choose(&[0, 3, 5, 6, 20]));
        // The numbers of a resource of some slot, whether or not there is one, and of an instance.
        let slot = self.dice.number(0, 3);
        let v = slot + 1 + self.dice.choose(&[0, 0, 0, 3, 6]);
        let a = slot + 1 + self.dice.choose(&[0, 3, 6]);
        let i = self.dice.number(1, self.instances.max(1));
        let memory = &mut self.seen.0.memory;
        if self.dice.one_in(2) {
            memory.accepted.insert(volume_id(v), Accepted { instance: instance_id(i), at });
        }
        if self.dice.one_in(2) {
            let accepted = Accepted { instance: instance_id(i), at };
            memory.associated.insert(allocation_id(a), Associated { accepted, private: private(i, 1) });
        }
        if self.dice.one_in(2) {
            memory.refused_devices.insert((instance_id(i), device(self.dice.choose(&['f', 'g']))), at);
        }
        if self.dice.one_in(2) {
            let (volume, address, instance) = (volume_id(v), allocation_id(a), instance_id(i));
            let step = match self.dice.choose(&[0, 0, 0, 1, 2, 3]) {
                0 => Step::AttachVolume { volume, instance, device: device('f') },
                1 => Step::DetachVolume { volume, instance },
                2 => Step::DisassociateAddress { address, association: association_id(a) },
                _ => {
                    let (interface, private) = (interface_id(i), private(i, 1));
                    Step::AssociateAddress { address, instance, interface, private }
                }
            };
            let slot = SlotName::new(SLOTS[usize::from(slot)]);
            memory.failures.push(Failure {
                slot: Some(slot),
                step,
                reason: "UnauthorizedOperation".to_owned(),
            });
        }
    }
}
