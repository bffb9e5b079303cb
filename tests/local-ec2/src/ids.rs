//! Ids: those that the planner does not know, and how new ones are made.

use crate::chance::Chance;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, VolumeId};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $is_valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id, when it has the shape of one.
            pub fn parse(text: &str) -> Option<Self> {
                let is_valid: fn(&str) -> bool = $is_valid;
                is_valid(text).then(|| Self(text.to_owned()))
            }

            /// The id as EC2 writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/** A spot instance request, `sir-…`. */ SpotRequestId, |id| has_digits(id, "sir-", 8));
id!(/** A launch template, `lt-…`. */ TemplateId, |id| has_digits(id, "lt-", 17));
id!(/** A reservation, `r-…`: the instances of one launch. */ ReservationId, |id| has_digits(id, "r-", 17));
id!(
    /** A Spot Fleet, `sfr-` and a UUID, or an EC2 Fleet, `fleet-` and a UUID. */
    FleetId,
    |id| id.strip_prefix(SPOT_FLEET).or_else(|| id.strip_prefix(EC2_FLEET)).is_some_and(is_uuid)
);

id!(
    /** An Auto Scaling group's name: up to 255 characters of ASCII that can be seen, without a colon (Auto Scaling API
    reference, `CreateAutoScalingGroup`). */
    GroupName,
    |name| (1..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
);

const SPOT_FLEET: &str = "sfr-";
const EC2_FLEET: &str = "fleet-";

impl FleetId {
    /// Whether it is a Spot Fleet's.
    pub fn is_spot_fleet(&self) -> bool {
        self.0.starts_with(SPOT_FLEET)
    }
}

fn has_digits(id: &str, prefix: &str, count: usize) -> bool {
    let digits = id.strip_prefix(prefix).unwrap_or_default();
    digits.len() == count && digits.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Makes ids that look like EC2's. They tell nothing of the order in which they were made.
#[derive(Debug, Clone)]
pub(crate) struct Mint(Chance);

impl Mint {
    pub(crate) fn new(chance: Chance) -> Self {
        Self(chance)
    }

    /// Draws until the text is an id, which the first draw is.
    fn make<T>(&mut self, prefix: &str, digits: usize, parse: impl Fn(&str) -> Option<T>) -> T {
        loop {
            if let Some(id) = parse(&format!("{prefix}{}", self.0.hex(digits))) {
                return id;
            }
        }
    }

    pub(crate) fn instance(&mut self) -> InstanceId {
        self.make("i-", 17, |id| InstanceId::parse(id).ok())
    }

    pub(crate) fn volume(&mut self) -> VolumeId {
        self.make("vol-", 17, |id| VolumeId::parse(id).ok())
    }

    pub(crate) fn allocation(&mut self) -> AllocationId {
        self.make("eipalloc-", 17, |id| AllocationId::parse(id).ok())
    }

    pub(crate) fn association(&mut self) -> AssociationId {
        self.make("eipassoc-", 17, |id| AssociationId::parse(id).ok())
    }

    pub(crate) fn interface(&mut self) -> InterfaceId {
        self.make("eni-", 17, |id| InterfaceId::parse(id).ok())
    }

    pub(crate) fn spot_request(&mut self) -> SpotRequestId {
        self.make("sir-", 8, SpotRequestId::parse)
    }

    pub(crate) fn template(&mut self) -> TemplateId {
        self.make("lt-", 17, TemplateId::parse)
    }

    pub(crate) fn reservation(&mut self) -> ReservationId {
        self.make("r-", 17, ReservationId::parse)
    }

    /// The id of a network interface's attachment, `eni-attach-…`.
    pub(crate) fn interface_attachment(&mut self) -> String {
        format!("eni-attach-{}", self.0.hex(17))
    }

    pub(crate) fn spot_fleet(&mut self) -> FleetId {
        self.fleet(SPOT_FLEET)
    }

    pub(crate) fn ec2_fleet(&mut self) -> FleetId {
        self.fleet(EC2_FLEET)
    }

    fn fleet(&mut self, prefix: &str) -> FleetId {
        loop {
            if let Some(id) = FleetId::parse(&format!("{prefix}{}", self.uuid())) {
                return id;
            }
        }
    }

    pub(crate) fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|digits| self.0.hex(digits)).join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_can_be_read() {
        let mut mint = Mint::new(Chance::new(1, 1));
        assert!(FleetId::parse(mint.spot_fleet().as_str()).is_some_and(|id| id.is_spot_fleet()));
        assert!(FleetId::parse(mint.ec2_fleet().as_str()).is_some_and(|id| !id.is_spot_fleet()));
        assert!(SpotRequestId::parse(mint.spot_request().as_str()).is_some());
        assert_ne!(mint.instance(), mint.instance());
    }

    #[test]
    fn what_is_no_id_is_not_taken() {
        for text in
            ["", "sfr-", "sfr-4b6d274d", "fleet-banana", "web", "sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f5"]
        {
            assert_eq!(FleetId::parse(text), None, "{text}");
        }
        assert_eq!(SpotRequestId::parse("sir-banana!"), None);
    }
}
