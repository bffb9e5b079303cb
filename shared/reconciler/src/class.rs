//! The error table: what a failed call means, by action, EC2's code and, where one code means several things, its
//! message.
//!
//! Codes and messages are AWS's own (EC2 API reference, "Error codes for the Amazon EC2 API"; EC2 Auto Scaling and Systems
//! Manager API references). The SDK models none of EC2's. An unknown code is [`Class::Permanent`], so that it is told and not repeated.

use crate::ec2::{Action, Cause, Ec2Error};

/// What a failed call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The world has changed since the look: look again. Harmless.
    Conflict,
    /// The device name is taken on the instance: look again, to see by whom.
    DeviceTaken,
    /// It may go well in a moment.
    Transient,
    /// It will fail again: a person must act.
    Permanent,
}

/// Codes of a call that EC2 turned away because there were too many.
const THROTTLED: [&str; 5] = [
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "RequestThrottled",
    "EC2ThrottledException",
];

/// Other codes that any call may meet and that pass by themselves.
const TRANSIENT: [&str; 9] = [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "ServerInternal",
    "ServiceUnavailable",
    "Unavailable",
    "RequestTimeout",
    "ConcurrentTagAccess",
    // EC2 Auto Scaling: "You already have a pending update to an Amazon EC2 Auto Scaling resource".
    "ResourceContention",
];

/// What the failed call means.
pub fn class(error: &Ec2Error) -> Class {
    match &error.cause {
        Cause::NoAnswer(_) => Class::Transient,
        Cause::Garbled(_) => Class::Permanent,
        Cause::Answer { code, .. } if is_throttle(code) || TRANSIENT.contains(&code.as_str()) => {
            Class::Transient
        }
        Cause::Answer { code, message } => of_answer(error.action, code, message),
    }
}

/// Whether EC2 says by this code that it was called too often.
pub fn is_throttle(code: &str) -> bool {
    THROTTLED.contains(&code)
}

fn of_answer(action: Action, code: &str, message: &str) -> Class {
    match (action, code) {
        // "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use". The same code stands
        // for a name that is none.
        (Action::AttachVolume, "InvalidParameterValue") if message.contains("is already in use") => {
            Class::DeviceTaken
        }
        // "No active Lifecycle Action found with instance ID i-…": it is over, or the hook or the group is gone. The same
        // code stands for arguments that mean nothing.
        (Action::CompleteLifecycleAction | Action::RecordLifecycleActionHeartbeat, "ValidationError")
            if message.contains("No active Lifecycle Action")
                || message.contains("No Lifecycle Hook")
                || message.contains("not found") =>
        {
            Class::Conflict
        }
        (
            Action::AttachVolume,
            // Attached already, here or elsewhere; not available; "Instance 'i-…' is not 'running'."; gone, or so new
            // that not all of EC2 knows it.
            "VolumeInUse"
            | "IncorrectState"
            | "IncorrectInstanceState"
            | "InvalidInstanceID.NotFound"
            | "InvalidVolume.NotFound",
        )
        | (
            Action::DetachVolume,
            // "Volume 'vol-…' is in the 'available' state."; on another instance; gone.
            "IncorrectState"
            | "InvalidAttachment.NotFound"
            | "InvalidInstanceID.NotFound"
            | "InvalidVolume.NotFound",
        )
        | (
            Action::AssociateAddress,
            // "The pending instance 'i-…' is not in a valid state for this operation." comes as `InvalidInstanceID`
            // when the instance is named, and as `IncorrectInstanceState` when its interface is.
            "Resource.AlreadyAssociated"
            | "InvalidInstanceID"
            | "IncorrectInstanceState"
            | "InvalidInstanceID.NotFound"
            | "InvalidNetworkInterfaceID.NotFound"
            | "InvalidAllocationID.NotFound",
        )
        | (Action::DisassociateAddress, "InvalidAssociationID.NotFound")
        // Gone already, or being stopped at this moment.
        | (Action::TerminateInstances, "InvalidInstanceID.NotFound" | "IncorrectInstanceState")
        | (Action::CreateTags, "InvalidInstanceID.NotFound") => Class::Conflict,
        _ => Class::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: Action, code: &str, message: &str, expected: Class) {
        let cause = Cause::Answer { code: code.to_owned(), message: message.to_owned() };
        assert_eq!(class(&Ec2Error { action, cause }), expected, "{action} {code} {message}");
    }

    const EVERY_ACTION: [Action; 16] = [
        Action::DescribeVolumes,
        Action::DescribeAddresses,
        Action::DescribeInstances,
        Action::DescribeSpotInstanceRequests,
        Action::AttachVolume,
        Action::DetachVolume,
        Action::AssociateAddress,
        Action::DisassociateAddress,
        Action::TerminateInstances,
        Action::CreateTags,
        Action::ListCommands,
        Action::SendCommand,
        Action::DescribeAutoScalingInstances,
        Action::DescribeLifecycleHooks,
        Action::CompleteLifecycleAction,
        Action::RecordLifecycleActionHeartbeat,
    ];

    #[test]
    fn each_row_of_the_table_holds() {
        use Action::{
            AssociateAddress, AttachVolume, CreateTags, DetachVolume, DisassociateAddress, TerminateInstances,
        };
        let rows = [
            (AttachVolume, "VolumeInUse"),
            (AttachVolume, "IncorrectState"),
            (AttachVolume, "IncorrectInstanceState"),
            (AttachVolume, "InvalidInstanceID.NotFound"),
            (AttachVolume, "InvalidVolume.NotFound"),
            (DetachVolume, "IncorrectState"),
            (DetachVolume, "InvalidAttachment.NotFound"),
            (DetachVolume, "InvalidInstanceID.NotFound"),
            (DetachVolume, "InvalidVolume.NotFound"),
            (AssociateAddress, "Resource.AlreadyAssociated"),
            (AssociateAddress, "InvalidInstanceID"),
            (AssociateAddress, "IncorrectInstanceState"),
            (AssociateAddress, "InvalidInstanceID.NotFound"),
            (AssociateAddress, "InvalidNetworkInterfaceID.NotFound"),
            (AssociateAddress, "InvalidAllocationID.NotFound"),
            (DisassociateAddress, "InvalidAssociationID.NotFound"),
            (TerminateInstances, "InvalidInstanceID.NotFound"),
            (TerminateInstances, "IncorrectInstanceState"),
            (CreateTags, "InvalidInstanceID.NotFound"),
        ];
        for (action, code) in rows {
            check(action, code, "", Class::Conflict);
        }
        for action in EVERY_ACTION {
            let listed =
                rows.iter().filter(|(row, _)| *row == action).map(|(_, code)| *code).collect::<Vec<_>>();
            for (_, code) in rows.iter().filter(|(_, code)| !listed.contains(code)) {
                check(action, code, "", Class::Permanent);
            }
        }
    }

    /// Systems Manager API reference, `SendCommand` and `ListCommands`, "Errors". None of them passes within the two minutes
    /// of an interruption; the volume is then released as ever.
    #[test]
    fn what_systems_manager_refuses_is_permanent() {
        for code in [
            "InvalidInstanceId",
            "InvalidDocument",
            "InvalidDocumentVersion",
            "InvalidParameters",
            "MaxDocumentSizeExceeded",
            "UnsupportedPlatformType",
            "AccessDeniedException",
        ] {
            check(Action::SendCommand, code, "", Class::Permanent);
        }
        for code in ["InvalidInstanceId", "InvalidFilterKey", "InvalidNextToken", "AccessDeniedException"] {
            check(Action::ListCommands, code, "", Class::Permanent);
        }
    }

    #[test]
    fn an_action_that_is_over_is_told_from_arguments_that_mean_nothing() {
        for action in [Action::CompleteLifecycleAction, Action::RecordLifecycleActionHeartbeat] {
            for message in [
                "No active Lifecycle Action found with instance ID i-0123456789abcdef0",
                "No Lifecycle Hook found: holdfast-launch",
                "AutoScalingGroup name not found - web",
            ] {
                check(action, "ValidationError", message, Class::Conflict);
                check(action, "AccessDenied", message, Class::Permanent);
                check(Action::DescribeLifecycleHooks, "ValidationError", message, Class::Permanent);
            }
            check(action, "ValidationError", "1 validation error detected: Value null", Class::Permanent);
        }
    }

    #[test]
    fn a_taken_device_is_told_from_a_name_that_is_none() {
        let code = "InvalidParameterValue";
        let taken = "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use";
        check(Action::AttachVolume, code, taken, Class::DeviceTaken);
        check(Action::AttachVolume, code, "Value (x) for parameter device is invalid.", Class::Permanent);
        check(Action::AssociateAddress, code, taken, Class::Permanent);
    }

    #[test]
    fn what_passes_by_itself_is_transient_for_every_action() {
        for action in EVERY_ACTION {
            for code in THROTTLED.into_iter().chain(TRANSIENT) {
                check(action, code, "", Class::Transient);
            }
            let cause = Cause::NoAnswer("timed out".to_owned());
            assert_eq!(class(&Ec2Error { action, cause }), Class::Transient);
        }
    }

    #[test]
    fn a_call_too_many_is_told_from_what_passes_otherwise() {
        assert!(is_throttle("RequestLimitExceeded"));
        assert!(!is_throttle("InternalError") && !is_throttle("VolumeInUse") && !is_throttle(""));
    }

    #[test]
    fn an_unknown_code_and_an_answer_that_cannot_be_read_are_permanent() {
        for action in EVERY_ACTION {
            for code in ["UnauthorizedOperation", "AuthFailure", "InvalidVolume.ZoneMismatch", "Surprise", ""]
            {
                check(action, code, "", Class::Permanent);
            }
            let cause = Cause::Garbled("instanceId".to_owned());
            assert_eq!(class(&Ec2Error { action, cause }), Class::Permanent);
        }
    }
}
