//! Device names: which are valid, which mean the same device, and which Holdfast hands out.
//!
//! This module knows no volume and no instance.

use serde::Serialize;
use std::fmt;

/// The name under which a volume is attached, such as `/dev/sdf`.
///
/// The name decides nothing on the instance: on Nitro the volume appears as `/dev/nvme…` whatever the name
/// (EC2 user guide, "Device names on Linux instances"). It matters since EC2 gives each name of an instance
/// to one volume only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DeviceName(String);

/// A device name that EC2 would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no device name for a data volume: use one of /dev/sdf to /dev/sdp")]
pub struct InvalidDevice(pub String);

impl DeviceName {
    /// Takes a name that somebody asks for: `/dev/sd[b-z]`, `/dev/xvd[b-z]` or `/dev/xvd[b-d][a-z]`. Names of
    /// partitions (`/dev/sdf1`) and of root devices (`/dev/sda1`, `/dev/xvda`) are refused.
    pub fn parse(name: &str) -> Result<Self, InvalidDevice> {
        let letters =
            name.strip_prefix("/dev/sd").or_else(|| name.strip_prefix("/dev/xvd")).unwrap_or_default();
        let valid = match letters.as_bytes() {
            [letter] => (b'b'..=b'z').contains(letter),
            [b'b'..=b'd', second] => second.is_ascii_lowercase() && name.starts_with("/dev/xvd"),
            _ => false,
        };
        if valid { Ok(Self(name.to_owned())) } else { Err(InvalidDevice(name.to_owned())) }
    }

    /// Takes a name that EC2 reported, whatever its form.
    pub fn reported(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Whether two names are one device to EC2: `/dev/sdf`, `/dev/xvdf` and `xvdf` are.
    pub fn is_same_device(&self, other: &Self) -> bool {
        self.core() == other.core()
    }

    /// The name as EC2 takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn core(&self) -> &str {
        let name = self.0.strip_prefix("/dev/").unwrap_or(&self.0);
        name.strip_prefix("xvd").or_else(|| name.strip_prefix("sd")).unwrap_or(name)
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many names there are to hand out, and so how many volumes a slot may have.
pub const MOST_VOLUMES: usize = 11;

/// The names that Holdfast hands out, `/dev/sdf` to `/dev/sdp`: the ones that EC2 recommends for data volumes (EC2 user guide,
/// "Device names for volumes on Amazon EC2 instances").
pub fn pool() -> impl Iterator<Item = DeviceName> {
    ('f'..='p').map(|letter| DeviceName(format!("/dev/sd{letter}")))
}

/// The name that a first volume asks for when no tag says another.
pub fn first_default() -> DeviceName {
    DeviceName("/dev/sdf".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_data_devices_are_taken() {
        for name in ["/dev/sdb", "/dev/sdf", "/dev/sdz", "/dev/xvdf", "/dev/xvdba", "/dev/xvddz"] {
            assert!(DeviceName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_way_out() {
        for name in [
            "banana",
            "",
            "sdf",
            "/dev/sda",
            "/dev/sda1",
            "/dev/sdf1",
            "/dev/sdF",
            "/dev/sdba",
            "/dev/xvdea",
            "/dev/nvme1n1",
        ] {
            let error = DeviceName::parse(name).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("/dev/sdf"), "{error}");
        }
    }

    #[test]
    fn sd_and_xvd_are_one_device() {
        let sdf = first_default();
        assert!(sdf.is_same_device(&DeviceName::reported("/dev/xvdf")));
        assert!(sdf.is_same_device(&DeviceName::reported("xvdf")));
        assert!(!sdf.is_same_device(&DeviceName::reported("/dev/sdg")));
    }

    #[test]
    fn the_pool_has_one_name_for_each_volume_of_the_largest_slot() {
        assert_eq!(pool().count(), MOST_VOLUMES);
        assert!(pool().all(|name| DeviceName::parse(name.as_str()).is_ok()));
    }
}
