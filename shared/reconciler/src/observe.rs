//! Observation: what EC2 is asked in one look, in as few rounds as the answers allow.
//!
//! Calls of one round go side by side. Nothing is kept from one look to the next but what [`Memory`] says.

use crate::clock::Clock;
use crate::ec2::{Ec2, Ec2Error, InstanceQuery};
use crate::groups;
use crate::settings::Settings;
use chrono::{DateTime, Utc};
use futures_util::future::{join, try_join, try_join3};
use planner::ids::{FleetName, InstanceId};
use planner::lifecycle::LifecycleState;
use planner::memory::Memory;
use planner::observation::{Address, Instance, InstanceState, Observation, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is tagged for Holdfast in this account and region.
#[derive(Debug, Clone)]
pub(crate) struct Survey {
    pub(crate) began: DateTime<Utc>,
    volumes: Vec<Volume>,
    addresses: Vec<Address>,
}

/// A survey, and the instances that were asked for beside it.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) survey: Survey,
    pub(crate) instances: Vec<Instance>,
}

impl Survey {
    /// The names of all managed fleets.
    pub(crate) fn managed(&self) -> BTreeSet<FleetName> {
        let volumes = self.volumes.iter().map(|volume| &volume.tags.fleet);
        let addresses = self.addresses.iter().map(|address| &address.tags.fleet);
        volumes.chain(addresses).cloned().collect()
    }

    /// The managed fleets that an instance concerns: those that its tags name, and those whose volumes or addresses
    /// it has, since a terminated instance may have lost its tags.
    pub(crate) fn fleets_of(&self, id: &InstanceId, instance: Option<&Instance>) -> BTreeSet<FleetName> {
        let has_volume =
            |volume: &&Volume| volume.attachments.iter().any(|attachment| attachment.instance == *id);
        let has_address = |address: &&Address| instance_of(address) == Some(id);
        let volumes = self.volumes.iter().filter(has_volume).map(|volume| &volume.tags.fleet);
        let addresses = self.addresses.iter().filter(has_address).map(|address| &address.tags.fleet);
        let managed = self.managed();
        let tagged = instance.into_iter().flat_map(|instance| &instance.tags.fleets);
        volumes.chain(addresses).chain(tagged.filter(|fleet| managed.contains(fleet))).cloned().collect()
    }

    /// The instances that have something of these fleets.
    fn holders(&self, fleets: &BTreeSet<FleetName>) -> BTreeSet<InstanceId> {
        let volumes = self.volumes.iter().filter(|volume| fleets.contains(&volume.tags.fleet));
        let addresses = self.addresses.iter().filter(|address| fleets.contains(&address.tags.fleet));
        let attached = volumes.flat_map(|volume| &volume.attachments).map(|attachment| &attachment.instance);
        attached.chain(addresses.filter_map(instance_of)).cloned().collect()
    }

    /// What is of one fleet, with its members among the instances and those that have something of it.
    fn part_of(
        &self,
        fleet: &FleetName,
        instances: &[Instance],
    ) -> (Vec<Volume>, Vec<Address>, Vec<Instance>) {
        let volumes = self.volumes.iter().filter(|volume| volume.tags.fleet == *fleet).cloned().collect();
        let addresses: Vec<Address> =
            self.addresses.iter().filter(|address| address.tags.fleet == *fleet).cloned().collect();
        let holders = self.holders(&BTreeSet::from([fleet.clone()]));
        // Of an address EC2 may name the network interface alone.
        let associations = addresses.iter().filter_map(|address| address.association.as_ref());
        let pointed_at: BTreeSet<_> = associations.filter_map(|at| at.interface.as_ref()).collect();
        let concerns = |instance: &&Instance| {
            instance.tags.fleets.contains(fleet)
                || holders.contains(&instance.id)
                || instance.interfaces.iter().any(|interface| pointed_at.contains(&interface.id))
        };
        let instances = instances.iter().filter(concerns).cloned().collect();
        (volumes, addresses, instances)
    }
}

fn instance_of(address: &Address) -> Option<&InstanceId> {
    address.association.as_ref()?.instance.as_ref()
}

/// The first round: everything that is tagged for Holdfast, and beside it the instances asked for.
pub(crate) async fn survey<E: Ec2>(
    ec2: &E,
    clock: &impl Clock,
    instances: impl Future<Output = Result<Vec<Instance>, Ec2Error>>,
) -> Result<Look, Ec2Error> {
    let began = clock.now();
    let (volumes, addresses, instances) = try_join3(ec2.volumes(), ec2.addresses(), instances).await?;
    Ok(Look { survey: Survey { began, volumes, addresses }, instances })
}

/// The instances of these fleets. A name that can be no fleet's is not asked for.
pub(crate) async fn members<E: Ec2>(
    ec2: &E,
    fleets: &BTreeSet<FleetName>,
) -> Result<Vec<Instance>, Ec2Error> {
    let usable: BTreeSet<FleetName> = fleets.iter().filter(|fleet| fleet.is_usable()).cloned().collect();
    if usable.is_empty() { Ok(Vec::new()) } else { ec2.instances(InstanceQuery::Fleets(&usable)).await }
}

/// The second round of a first look: the instances of these fleets. Those that have something of them without being of
/// them are asked for in the last round.
pub(crate) async fn members_beside<E: Ec2>(
    ec2: &E,
    first: &Look,
    fleets: &BTreeSet<FleetName>,
) -> Result<Vec<Instance>, Ec2Error> {
    // Of what was asked for twice, the later answer counts.
    let answers = first.instances.iter().cloned().chain(members(ec2, fleets).await?);
    let each_once: BTreeMap<InstanceId, Instance> =
        answers.map(|instance| (instance.id.clone(), instance)).collect();
    Ok(each_once.into_values().collect())
}

/// The last round, once the fleets' instances are known: which of them EC2 is about to take, how far their Auto Scaling
/// groups have them, and who the instances are that have something of a fleet without being of it. Where lifecycle actions
/// are to be completed and some are pending, the groups' hooks come after it. One observation for each fleet.
pub(crate) async fn complete<E: Ec2>(
    ec2: &E,
    look: Look,
    fleets: &BTreeSet<FleetName>,
    settings: &Settings,
    completes_actions: bool,
    memory: impl Fn(&FleetName) -> Memory,
) -> Result<Vec<Observation>, Ec2Error> {
    let Look { survey, mut instances } = look;
    let asked_about = |instance: &&Instance| {
        instance.spot && matches!(instance.state, InstanceState::Running | InstanceState::Stopped)
    };
    let spot: BTreeSet<InstanceId> = instances.iter().filter(asked_about).map(|i| i.id.clone()).collect();
    let known: BTreeSet<InstanceId> = instances.iter().map(|instance| instance.id.clone()).collect();
    let strangers: BTreeSet<InstanceId> = survey.holders(fleets).difference(&known).cloned().collect();
    let requests =
        async { if spot.is_empty() { Ok(BTreeMap::new()) } else { ec2.spot_requests(&spot).await } };
    let others = async {
        if strangers.is_empty() {
            Ok(Vec::new())
        } else {
            ec2.instances(InstanceQuery::Ids(&strangers)).await
        }
    };
    let (answers, (states, refusal)) =
        join(try_join(requests, others), groups::states(ec2, &instances)).await;
    let (requests, others) = answers?;
    for instance in &mut instances {
        let request = requests.get(&instance.id);
        if instance.state == InstanceState::Running {
            instance.doomed = request.map(|request| request.code.clone()).filter(|code| is_doomed(code));
        }
        // What EC2 hibernates has in its memory what it had mounted, whatever it is configured for. So has, for all that is
        // known, one whose request EC2 does not show.
        if instance.spot && instance.state == InstanceState::Stopped {
            instance.hibernation |= request.is_none_or(|request| request.hibernates);
        }
        instance.lifecycle = states.get(&instance.id).cloned();
    }
    instances.extend(others.into_iter().map(untold));
    let (hooks, refusals) =
        if completes_actions { groups::hooks(ec2, &instances).await } else { (Vec::new(), Vec::new()) };
    let refusals: BTreeSet<String> = refusals.into_iter().chain(refusal).collect();
    let managed = survey.managed();
    let observations = fleets.iter().map(|fleet| {
        let (volumes, addresses, instances) = survey.part_of(fleet, &instances);
        Observation {
            began: survey.began,
            fleet: fleet.clone(),
            default_policy: settings.handover,
            drain_document: settings.drain_document.clone(),
            abandons: settings.abandon_wrong_zone,
            volumes,
            addresses,
            instances,
            managed: managed.clone(),
            records: BTreeMap::new(),
            hooks: hooks.clone(),
            refusals: refusals.clone(),
            memory: memory(fleet),
        }
    });
    Ok(observations.collect())
}

/// An instance of which nobody asked how far its group has it: one that is of no fleet by its tags, or was missed by a
/// listing.
fn untold(other: Instance) -> Instance {
    let is_told = other.tags.group.is_none() || other.state == InstanceState::Terminated;
    Instance { lifecycle: (!is_told).then(LifecycleState::unknown), ..other }
}

/// Whether the status code of a spot request says that its instance is about to go, though it may still be
/// `running`: with the interruption behaviour `terminate` the code says so two minutes ahead (EC2 user guide, "Get the
/// status of a Spot Instance request").
fn is_doomed(code: &str) -> bool {
    ["marked-for-", "instance-terminated-", "instance-stopped-"].iter().any(|prefix| code.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::{Survey, is_doomed, untold};
    use planner::fixtures::{NOW, Part, address, at, instance, instance_id, volume};
    use planner::ids::FleetName;
    use planner::lifecycle::LifecycleState;
    use planner::observation::InstanceState;

    #[test]
    fn an_instance_of_another_fleet_with_an_address_of_that_fleet_is_left_out() {
        let (web, api) = (FleetName::new("web"), FleetName::new("api"));
        let addresses = [address(1).on(1), address(2).on(2).but(|address| address.tags.fleet = api.clone())];
        let addresses = addresses.map(Part::from).into_iter().filter_map(|part| match part {
            Part::Address(address) => Some(address),
            Part::Volume(_) | Part::Instance(_) => None,
        });
        let survey = Survey { began: at(NOW), volumes: Vec::new(), addresses: addresses.collect() };
        let instances = [instance(1).build(), instance(2).of_fleets(&["api"]).build()];
        for (fleet, n) in [(web, 1), (api, 2)] {
            let (_, addresses, seen) = survey.part_of(&fleet, &instances);
            assert_eq!(addresses.len(), 1);
            let seen = seen.iter().map(|instance| &instance.id);
            assert_eq!(seen.collect::<Vec<_>>(), [&instance_id(n)], "{fleet}");
        }
    }

    #[test]
    fn an_instance_without_tags_concerns_the_fleet_whose_volume_it_has_and_no_other() {
        let (web, api) = (FleetName::new("web"), FleetName::new("api"));
        let volumes = [volume(1).on(1), volume(2).on(2).but(|volume| volume.tags.fleet = api.clone())];
        let volumes = volumes.map(Part::from).into_iter().filter_map(|part| match part {
            Part::Volume(volume) => Some(volume),
            Part::Address(_) | Part::Instance(_) => None,
        });
        let survey = Survey { began: at(NOW), volumes: volumes.collect(), addresses: Vec::new() };
        for (n, fleet) in [(1, web), (2, api)] {
            assert_eq!(survey.fleets_of(&instance_id(n), None), [fleet].into());
        }
        assert!(survey.fleets_of(&instance_id(3), None).is_empty());
    }

    #[test]
    fn what_was_not_asked_of_a_group_is_unknown() {
        let of_group = |state| {
            let instance = instance(1).in_group("").is(state).but(|instance| instance.lifecycle = None);
            untold(instance.build()).lifecycle
        };
        assert_eq!(of_group(InstanceState::Running), Some(LifecycleState::unknown()));
        assert_eq!(of_group(InstanceState::Terminated), None);
        assert_eq!(untold(instance(1).build()).lifecycle, None);
    }

    #[test]
    fn codes_of_an_end_are_told_from_others() {
        for code in [
            "marked-for-termination",
            "marked-for-stop",
            "instance-terminated-no-capacity",
            "instance-terminated-by-price",
            "instance-terminated-by-service",
            "instance-stopped-no-capacity",
            "instance-stopped-by-price",
        ] {
            assert!(is_doomed(code), "{code}");
        }
        for code in ["fulfilled", "request-canceled-and-instance-running", "pending-fulfillment", ""] {
            assert!(!is_doomed(code), "{code}");
        }
    }
}
