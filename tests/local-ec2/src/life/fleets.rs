//! Fleets: how they keep their capacity, replace what they lose, and rebalance.

use super::endings::Cause;
use super::launches::Launch;
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::ids::FleetId;
use crate::state::{Fleet, FleetKind, FleetState, Instance, LaunchTarget, Market, Rebalance};
use planner::ids::{InstanceId, Zone};
use planner::observation::InstanceState;
use planner::tags::{self, Tags};

impl Cloud {
    /// The instances that a fleet launched, ended ones among them.
    pub(crate) fn members<'c>(&'c self, fleet: &'c FleetId) -> impl Iterator<Item = &'c Instance> {
        self.instances.values().filter(move |instance| instance.fleet.as_ref() == Some(fleet))
    }

    /// The fleet's instances that run, or are about to.
    pub(crate) fn live<'c>(&'c self, fleet: &'c FleetId) -> impl Iterator<Item = &'c Instance> {
        let live = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        self.members(fleet).filter(move |instance| live(instance.state))
    }

    /// How many instances count towards a fleet's capacity.
    pub(crate) fn capacity_of(&self, fleet: &Fleet) -> usize {
        self.members(&fleet.id).filter(|instance| counts(fleet, instance)).count()
    }

    /// Launches what a fleet lacks.
    pub(crate) fn look_after(&mut self, id: &FleetId) {
        let Some(fleet) = self.fleets.get(id).filter(|fleet| fleet.state.is_open()) else { return };
        let is_new = fleet.state == FleetState::Submitted;
        let lacking =
            usize::try_from(fleet.target).unwrap_or_default().saturating_sub(self.capacity_of(fleet));
        if is_new {
            self.set_fleet_state(id, FleetState::Active);
        }
        for _ in 0..lacking {
            if self.launch_member(id).is_none() {
                let halted = self.fleets.get(id).and_then(events::fleet_halted);
                self.emit(halted);
                self.after(self.setup.timing.fleet_retry, Due::FleetLook(id.clone()));
                return;
            }
        }
    }

    pub(crate) fn set_fleet_state(&mut self, id: &FleetId, state: FleetState) {
        let Some(fleet) = self.fleets.edit(id, self.now) else { return };
        fleet.state = state;
        let event = events::fleet_state(fleet, state);
        self.emit(event);
    }

    /// Launches one instance where the fleet has fewest and there is capacity.
    pub(crate) fn launch_member(&mut self, id: &FleetId) -> Option<InstanceId> {
        let fleet = self.fleets.get(id)?.clone();
        let (target, zone) = self.place(&fleet)?;
        let template = self.templates.get(&target.template)?;
        let mut data = template.data.clone();
        data.instance_type = target.instance_type;
        let market = Market { persistent: false, interruption: fleet.interruption };
        data.market = fleet.spot.then_some(market);
        let key = if id.is_spot_fleet() { tags::SPOT_FLEET } else { tags::EC2_FLEET };
        let service_tags = Tags::from([
            (key.to_owned(), id.to_string()),
            ("aws:ec2launchtemplate:id".to_owned(), template.id.to_string()),
            ("aws:ec2launchtemplate:version".to_owned(), "1".to_owned()),
        ]);
        let launch = Launch { data, zone, service_tags, fleet: Some(id.clone()) };
        let reservation = self.mint.reservation();
        let member = self.begin(&launch, reservation);
        self.pair_with_one_at_risk(id, &member);
        let instance = self.instances.get(&member)?;
        let launched = events::fleet_instance(&fleet, instance, "launched");
        let active =
            instance.spot.clone().and_then(|sir| events::fleet_request(&fleet, &sir, "submitted", "active"));
        self.emit(active);
        self.emit(launched);
        Some(member)
    }

    fn pair_with_one_at_risk(&mut self, id: &FleetId, member: &InstanceId) {
        if let Some(fleet) = self.fleets.edit(id, self.now) {
            let replaced: Vec<_> = fleet.replaces.values().cloned().collect();
            let old = fleet.at_risk.iter().find(|old| !replaced.contains(*old)).cloned();
            fleet.replaces.extend(old.map(|old| (member.clone(), old)));
        }
    }

    /// Where the fleet launches next.
    fn place(&mut self, fleet: &Fleet) -> Option<(LaunchTarget, Zone)> {
        let zones_of = |target: &LaunchTarget| match &target.zone {
            Some(zone) => vec![zone.clone()],
            None => self.setup.zones.clone(),
        };
        let places: Vec<(LaunchTarget, Zone)> = fleet
            .launches
            .iter()
            .flat_map(|target| zones_of(target).into_iter().map(|zone| (target.clone(), zone)))
            .filter(|(_, zone)| !self.starved_zones.contains(zone))
            .collect();
        let crowd = |zone: &Zone| {
            self.members(&fleet.id).filter(|member| counts(fleet, member) && member.zone == *zone).count()
        };
        let fewest = places.iter().map(|(_, zone)| crowd(zone)).min()?;
        let best: Vec<_> = places.iter().filter(|(_, zone)| crowd(zone) == fewest).cloned().collect();
        self.chance.pick(&best).cloned()
    }

    /// A fleet that maintains its capacity looks after it when a member has ceased to count.
    pub(crate) fn fleet_of_has_changed(&mut self, id: &InstanceId) {
        let fleet = self.instances.get(id).and_then(|instance| self.fleets.get(instance.fleet.as_ref()?));
        if let Some(fleet) = fleet.filter(|fleet| fleet.kind == FleetKind::Maintain && fleet.state.is_open())
        {
            let look = Due::FleetLook(fleet.id.clone());
            self.after(self.setup.timing.fleet, look);
        }
    }

    pub(crate) fn member_has_ended(&mut self, id: &InstanceId) {
        let Some(instance) = self.instances.get(id) else { return };
        let Some(fleet) = instance.fleet.as_ref().and_then(|fleet| self.fleets.get(fleet)) else { return };
        let event = events::fleet_instance(fleet, instance, "terminated");
        let (fleet, state) = (fleet.id.clone(), fleet.state);
        self.emit(event);
        let over = self.members(&fleet).all(|member| member.state == InstanceState::Terminated);
        let was_ended = matches!(state, FleetState::CancelledTerminating | FleetState::CancelledRunning);
        if over && was_ended {
            self.set_fleet_state(&fleet, FleetState::Cancelled);
        }
    }

    /// What a fleet does about a rebalance recommendation: the instance counts no more, and another is launched. It is
    /// not terminated by that (EC2 user guide, "Capacity Rebalancing").
    pub(crate) fn put_at_risk(&mut self, id: &InstanceId) {
        let Some(fleet) = self.instances.get(id).and_then(|instance| instance.fleet.clone()) else { return };
        let Some(fleet) = self.fleets.edit(&fleet, self.now).filter(|fleet| fleet.rebalance.is_some()) else {
            return;
        };
        fleet.at_risk.insert(id.clone());
        self.fleet_of_has_changed(id);
    }

    /// Terminates an instance at risk, as `launch-before-terminate` does.
    pub(crate) fn retire(&mut self, fleet: &FleetId, id: &InstanceId) {
        let rebalance = self.fleets.get(fleet).and_then(|fleet| fleet.rebalance);
        if matches!(rebalance, Some(Rebalance::LaunchBeforeTerminate(_))) {
            self.terminate(id, Cause::Service);
        }
    }
}

/// Whether an instance counts towards the fleet's capacity. One that EC2 has stopped does not: the fleet replaces it,
/// and has one too many when EC2 starts it again. Assumed. A fleet of the type `request` replaces nothing.
fn counts(fleet: &Fleet, instance: &Instance) -> bool {
    match fleet.kind {
        FleetKind::Request | FleetKind::Instant => true,
        FleetKind::Maintain => {
            matches!(instance.state, InstanceState::Pending | InstanceState::Running)
                && !fleet.at_risk.contains(&instance.id)
        }
    }
}
