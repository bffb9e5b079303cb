//! Whose a call is, by the access key id that it is signed with.

use crate::setup::Principal;
use std::collections::BTreeSet;

/// The access key ids that Holdfast's functions have. Whoever calls with another, or with none, is somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// Every one that begins like this.
    Beginning(String),
    /// These.
    These(BTreeSet<String>),
}

impl Default for Keys {
    /// Every one that begins with `HOLDFAST`.
    fn default() -> Self {
        Self::Beginning("HOLDFAST".to_owned())
    }
}

impl Keys {
    pub(super) fn principal(&self, key: &str) -> Principal {
        let is_holdfast = match self {
            Self::Beginning(beginning) => key.starts_with(beginning),
            Self::These(keys) => keys.contains(key),
        };
        if is_holdfast { Principal::Holdfast } else { Principal::Other }
    }
}

/// The access key id in a header `Authorization`: `AWS4-HMAC-SHA256 Credential=KEY/20261123/us-east-1/ec2/…, …`.
pub(super) fn of_header(authorization: &str) -> &str {
    let credential = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
    of_credential(credential)
}

/// The service that a call is signed for, in a header or a credential: `KEY/20261123/us-east-1/autoscaling/…`.
pub(super) fn service(signature: &str) -> &str {
    signature.split('/').nth(3).unwrap_or_default()
}

/// The access key id in a credential: `KEY/20261123/…`.
pub(super) fn of_credential(credential: &str) -> &str {
    credential.split(['/', ',', ' ']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_id_tells_whose_a_call_is() {
        let header = "AWS4-HMAC-SHA256 Credential=HOLDFAST1/20261123/us-east-1/ec2/aws4_request, Signature=0";
        assert_eq!(of_header(header), "HOLDFAST1");
        assert_eq!(of_header("Basic HOLDFAST"), "");
        assert_eq!((service(header), service("Basic HOLDFAST")), ("ec2", ""));
        let these = Keys::These(BTreeSet::from(["AKIA1".to_owned()]));
        for (keys, key, who) in [
            (&Keys::default(), "HOLDFAST1", Principal::Holdfast),
            (&Keys::default(), "AKIA1", Principal::Other),
            (&Keys::default(), "", Principal::Other),
            (&these, "AKIA1", Principal::Holdfast),
            (&these, "HOLDFAST1", Principal::Other),
        ] {
            assert_eq!(keys.principal(key), who, "{key}");
        }
    }
}
