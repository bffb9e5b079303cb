//! The world: what happens to an account without a call to EC2, and what the people who run instances do on them.

use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::life::Launch;
use crate::state::{Interruption, SpotCode, SpotState, Usage};
use planner::ids::{AllocationId, InstanceId, VolumeId, Zone};
use planner::observation::{AttachmentState, InstanceState};

/// Something that the world cannot do as things are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(String);

/// How often EC2 told that a spot instance is to go, or had better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeCounts {
    /// Interruptions.
    pub interruptions: u64,
    /// Recommendations to replace an instance.
    pub recommendations: u64,
}

impl Cloud {
    /// Launches an instance as a service of AWS does, such as Auto Scaling, with tags that no user may set.
    pub fn launch(&mut self, launch: &Launch) -> InstanceId {
        let reservation = self.mint.reservation();
        self.begin(launch, reservation)
    }

    /// EC2 needs the capacity of a spot instance. With the behaviour `terminate` its request says so at once, and mostly
    /// as if the instance had ended, such as `instance-terminated-no-capacity`, while the instance runs for two more
    /// minutes; with `stop` it says `marked-for-stop`; with `hibernate` the end begins at once (EC2 user guide, "Get the
    /// status of a Spot Instance request" and "Spot Instance interruption notices"). Which of the codes that fit it is, is
    /// drawn.
    pub fn interrupt(&mut self, id: &InstanceId) -> Result<(), Impossible> {
        let running = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        let is_running = self.instances.get(id).is_some_and(|instance| running(instance.state));
        let request = self.spot_request_of(id).filter(|request| request.code == SpotCode::Fulfilled);
        let Some(request) = request.filter(|_| is_running) else {
            return Err(Impossible(format!("{id} is no spot instance that runs, or is interrupted already")));
        };
        let action = request.interruption;
        self.notice_counts.interruptions += 1;
        self.emit(events::interruption(id, action));
        self.announced.insert(id.clone());
        if let Some(code) = self.market.pick(SpotCode::announcing(action)).copied() {
            self.set_spot_status(id, SpotState::Active, code);
        }
        self.notify_fleet(id);
        match action {
            Interruption::Terminate | Interruption::Stop => {
                self.after(self.setup.timing.notice, Due::Interrupted(id.clone()));
            }
            Interruption::Hibernate => self.on_interrupted(id),
        }
        Ok(())
    }

    fn notify_fleet(&mut self, id: &InstanceId) {
        let event = self.instances.get(id).and_then(|instance| {
            let fleet = self.fleets.get(instance.fleet.as_ref()?)?;
            events::fleet_instance(fleet, instance, "termination_notified")
        });
        self.emit(event);
    }

    /// EC2 recommends to replace a spot instance. It may go, and may not.
    pub fn recommend(&mut self, id: &InstanceId) -> Result<(), Impossible> {
        if self.spot_request_of(id).is_none() {
            return Err(Impossible(format!("{id} is no spot instance, and EC2 recommends nothing of it")));
        }
        self.notice_counts.recommendations += 1;
        self.emit(events::rebalance(id));
        self.recommended.insert(id.clone());
        self.announced.insert(id.clone());
        self.put_at_risk(id);
        self.put_member_at_risk(id);
        Ok(())
    }

    /// EC2 has capacity again for a spot instance that it stopped, and starts it.
    pub fn resume(&mut self, id: &InstanceId) -> Result<(), Impossible> {
        let stopped = self.instances.get(id).is_some_and(|instance| instance.state == InstanceState::Stopped);
        let request = self.spot_request_of(id);
        if !stopped || request.is_none_or(|request| !SpotCode::STOPPED.contains(&request.code)) {
            return Err(Impossible(format!("{id} is no spot instance that EC2 has stopped")));
        }
        self.set_spot_status(id, SpotState::Active, SpotCode::Fulfilled);
        self.start(id);
        Ok(())
    }

    /// Whoever runs the instance unmounts the volume for good: nothing mounts it again before the next start. This is
    /// what a drain proves, and what permits a detachment from a running instance.
    pub fn drain(&mut self, volume: &VolumeId) -> Result<(), Impossible> {
        self.unmount(volume, Usage::Drained)
    }

    /// Whoever runs the instance unmounts the volume, and may use it again.
    pub fn release(&mut self, volume: &VolumeId) -> Result<(), Impossible> {
        self.unmount(volume, Usage::Idle)
    }

    fn unmount(&mut self, volume: &VolumeId, usage: Usage) -> Result<(), Impossible> {
        let attachments =
            self.volumes.get(volume).map(|volume| volume.attachments.clone()).unwrap_or_default();
        let running =
            |instance| self.instances.get(instance).is_some_and(|i| i.state == InstanceState::Running);
        let complete: Vec<u64> = attachments
            .iter()
            .filter(|a| {
                matches!(a.state, AttachmentState::Attached | AttachmentState::Busy) && running(&a.instance)
            })
            .map(|attachment| attachment.serial)
            .collect();
        if complete.is_empty() {
            return Err(Impossible(format!("{volume} is attached to no instance that runs")));
        }
        for serial in complete {
            self.let_go(volume, serial, usage);
            self.unblock(volume, serial);
        }
        Ok(())
    }

    /// The KMS key cannot be used: attachments of volumes that are encrypted with it are accepted, and taken back.
    pub fn disable_key(&mut self, key: &str) {
        self.disabled_keys.insert(key.to_owned());
    }

    /// The KMS key can be used again.
    pub fn enable_key(&mut self, key: &str) {
        self.disabled_keys.remove(key);
    }

    /// From now on a service of AWS manages the instance or the volume.
    pub fn put_under_management(&mut self, resource: &str) {
        self.managed.insert(resource.to_owned());
    }

    /// From now on the Elastic IP or the network interface is another account's. An address is not listed any more.
    pub fn give_away(&mut self, resource: &str) {
        if let Ok(address) = AllocationId::parse(resource) {
            self.dissociate(&address);
            self.addresses.remove(&address, self.now);
        }
        self.foreign.insert(resource.to_owned());
    }

    /// The account's network loses its internet gateway.
    pub fn detach_gateway(&mut self) {
        self.is_cut_off = true;
    }

    /// The account's network has an internet gateway again.
    pub fn attach_gateway(&mut self) {
        self.is_cut_off = false;
    }

    /// EC2 has no capacity in the zone for fleets.
    pub fn starve(&mut self, zone: &Zone) {
        self.starved_zones.insert(zone.clone());
    }

    /// EC2 has capacity in the zone again.
    pub fn feed(&mut self, zone: &Zone) {
        self.starved_zones.remove(zone);
    }
}
