//! Names and ids of EC2 resources, each a type of its own so that none is taken for another.
//!
//! This module knows the shape of an id. It never knows whether a resource exists.

use serde::Serialize;
use std::fmt;

/// An id that EC2 would not give, such as `i-banana`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {kind} id: expected `{prefix}` followed by 8 or 17 hexadecimal digits")]
pub struct MalformedId {
    /// What was to be named, such as `instance`.
    pub kind: &'static str,
    /// What every id of this kind begins with.
    pub prefix: &'static str,
    /// What stood there instead.
    pub found: String,
}

macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(String);

        impl $name {
            /// Takes `id` when it has the shape of an id of this kind (EC2 user guide, "Resource IDs").
            pub fn parse(id: &str) -> Result<Self, MalformedId> {
                let digits = id.strip_prefix($prefix).unwrap_or_default();
                let hexadecimal = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if hexadecimal && matches!(digits.len(), 8 | 17) {
                    Ok(Self(id.to_owned()))
                } else {
                    Err(MalformedId { kind: $kind, prefix: $prefix, found: id.to_owned() })
                }
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

resource_id!(/** An EC2 instance, `i-…`. */ InstanceId, "instance", "i-");
resource_id!(/** An EBS volume, `vol-…`. */ VolumeId, "volume", "vol-");
resource_id!(/** An Elastic IP as it belongs to the account, `eipalloc-…`. */ AllocationId, "allocation", "eipalloc-");
resource_id!(
    /** An Elastic IP's present association, `eipassoc-…`. Each association has a new one. */
    AssociationId, "association", "eipassoc-"
);
resource_id!(/** A network interface, `eni-…`. */ InterfaceId, "network interface", "eni-");

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(String);

        impl $name {
            /// The name, taken as it is.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as it was tagged.
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

name!(/** A fleet as the tag `holdfast:fleet` names it; compared exactly. */ FleetName);
name!(/** A slot of a fleet, from the tag `holdfast:slot`. */ SlotName);
name!(/** An availability zone's name, such as `us-east-1a`. */ Zone);

impl FleetName {
    /// Whether the name can be a fleet's. One that is empty or made of wildcards alone names none:
    /// whoever writes `*` expects a pattern, and names are compared exactly.
    pub fn is_usable(&self) -> bool {
        !self.0.chars().all(|c| c.is_whitespace() || c == '*' || c == '?')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_lengths_are_taken() {
        for id in ["i-0123456789abcdef0", "i-01234567"] {
            assert_eq!(InstanceId::parse(id).map(|i| i.to_string()), Ok(id.to_owned()));
        }
    }

    #[test]
    fn what_is_no_id_is_named_in_the_error() {
        for id in
            ["", "i-", "i-banana", "vol-0123456789abcdef0", "i-0123456789ABCDEF0", "i-0123456789abcdef", "*"]
        {
            let error = InstanceId::parse(id).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{id}` is no instance id")), "{error}");
        }
    }

    #[test]
    fn a_fleet_of_wildcards_is_unusable() {
        for name in ["", " ", "*", "**", "?*"] {
            assert!(!FleetName::new(name).is_usable(), "{name}");
        }
        for name in ["web", "web*", "sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55"] {
            assert!(FleetName::new(name).is_usable(), "{name}");
        }
    }
}
