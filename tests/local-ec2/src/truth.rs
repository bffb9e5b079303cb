//! The truth: every resource as it is, for whoever plays the world or checks what became of it. No call shows this.

use crate::cloud::Cloud;
use crate::ids::{FleetId, GroupName};
use crate::ssm::Command;
use crate::state::{Address, Fleet, Group, Instance, Interface, Member, SpotRequest, Volume};
use planner::ids::{AllocationId, InstanceId, VolumeId};

impl Cloud {
    /// The instance, until an hour after its end.
    pub fn instance(&self, id: &InstanceId) -> Option<&Instance> {
        self.instances.get(id)
    }

    /// Every instance.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.instances.values()
    }

    /// The network interfaces of an instance.
    pub fn interfaces_of(&self, id: &InstanceId) -> impl Iterator<Item = &Interface> {
        self.interfaces.values().filter(move |interface| interface.instance() == Some(id))
    }

    /// The spot request that an instance fulfils, or did.
    pub fn spot_request(&self, instance: &InstanceId) -> Option<&SpotRequest> {
        self.spot_request_of(instance)
    }

    /// Every command of Systems Manager that was ever sent.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.commands.values()
    }

    /// The volume.
    pub fn volume(&self, id: &VolumeId) -> Option<&Volume> {
        self.volumes.get(id)
    }

    /// Every volume.
    pub fn volumes(&self) -> impl Iterator<Item = &Volume> {
        self.volumes.values()
    }

    /// The Elastic IP.
    pub fn address(&self, id: &AllocationId) -> Option<&Address> {
        self.addresses.get(id)
    }

    /// Every Elastic IP.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.values()
    }

    /// The instance that the Elastic IP points at.
    pub fn holder_of(&self, id: &AllocationId) -> Option<&InstanceId> {
        let association = self.addresses.get(id)?.association.as_ref()?;
        self.interfaces.get(&association.interface)?.instance()
    }

    /// The fleet.
    pub fn fleet(&self, id: &FleetId) -> Option<&Fleet> {
        self.fleets.get(id)
    }

    /// The instances that a fleet launched, until an hour after their end.
    pub fn members_of<'c>(&'c self, id: &'c FleetId) -> impl Iterator<Item = &'c Instance> {
        self.members(id)
    }

    /// The Auto Scaling group.
    pub fn group(&self, name: &GroupName) -> Option<&Group> {
        self.groups.get(name)
    }

    /// The instances of an Auto Scaling group, as it has them.
    pub fn group_members<'c>(&'c self, name: &'c GroupName) -> impl Iterator<Item = &'c Member> {
        self.members_in(name)
    }

    /// The instance in its Auto Scaling group, while it is in one.
    pub fn member(&self, id: &InstanceId) -> Option<&Member> {
        self.members.get(id)
    }
}
