//! A world in words, for whoever looks into a fault.

use crate::ssm::{Agent, Command};
use crate::world::{Mark, Usage, World};
use std::fmt;

impl fmt::Display for World {
    /// One line, without what is as usual: `i0 Running, i1 Stopped ByHand; v0 of slot 0 on i0/f Attached; a0 of slot 0 on i0.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.handover)?;
        for (n, on) in self.instances.iter().enumerate() {
            write!(f, "; i{n} {:?}", on.phase)?;
            if on.mark != Mark::None {
                write!(f, " {:?}", on.mark)?;
            }
            if on.agent != Agent::Works {
                write!(f, " agent {:?}", on.agent)?;
            }
            if on.paused {
                f.write_str(" paused")?;
            }
            if let Some(device) = on.foreign {
                write!(f, " with another's volume at {device}")?;
            }
            if let Some(device) = on.stuck {
                write!(f, " stuck at {device}")?;
            }
        }
        let paused = |slot| if self.paused == Some(slot) { " paused" } else { "" };
        for (n, volume) in self.volumes.iter().enumerate() {
            write!(f, "; v{n} of slot {}{}", volume.slot, paused(volume.slot))?;
            if let Some(link) = volume.link {
                write!(f, " on i{}/{} {:?}", link.instance, link.device, link.state)?;
                f.write_str(if link.doomed { " goes with it" } else { "" })?;
                if link.usage != Usage::Mounted {
                    write!(f, " {:?}", link.usage)?;
                }
            }
        }
        for (n, address) in self.addresses.iter().enumerate() {
            write!(f, "; a{n} of slot {}{}", address.slot, paused(address.slot))?;
            if let Some(at) = address.at {
                write!(f, " on i{}.{}", at.instance, at.place)?;
            }
        }
        for command in &self.record {
            let Command { instance, number, status, age, .. } = command;
            write!(f, "; command {number} of i{instance} for")?;
            command.volumes.numbers().try_for_each(|n| write!(f, " v{n}"))?;
            write!(f, " {age:?} {status:?}")?;
        }
        Ok(())
    }
}
