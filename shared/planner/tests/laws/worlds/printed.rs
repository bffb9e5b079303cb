//! A world in print: what a law that fails shows.

use super::World;
use planner::ids::FleetName;
use planner::observation::Observation;
use std::fmt;

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Observation { volumes, addresses, instances, memory, .. } = &self.0;
        for i in instances {
            let (tags, places) = (&i.tags, i.interfaces.iter().flat_map(|i| &i.addresses));
            let fleets: Vec<&str> = tags.fleets.iter().map(FleetName::as_str).collect();
            let places: Vec<_> = places.map(|place| place.elastic.map(|e| e.octets()[3])).collect();
            let devices: Vec<_> = i.devices.iter().map(|d| format!("{}={}", d.device, d.volume)).collect();
            writeln!(
                f,
                "\n{} {} in {} of {fleets:?} {:?} paused {:?} doomed {:?} {:?} hibernation {} places {places:?} {devices:?}",
                i.id,
                i.state,
                i.zone,
                i.health(),
                tags.paused,
                i.doomed,
                i.lifecycle,
                i.hibernation
            )?;
        }
        for v in volumes {
            let on: Vec<_> = v
                .attachments
                .iter()
                .map(|a| format!("{:?} to {} as {}", a.state, a.instance, a.device))
                .collect();
            writeln!(f, "{} of {} in {} {:?} {on:?} {:?}", v.id, v.tags.slot, v.zone, v.state, v.tags)?;
        }
        for a in addresses {
            let on = a.association.as_ref().map(|on| (&on.instance, on.private));
            writeln!(f, "{} of {} {on:?} {:?}", a.allocation, a.tags.slot, a.tags)?;
        }
        writeln!(f, "{memory:?}")?;
        writeln!(f, "planned: {:#?}", planner::plan(&self.0))
    }
}
