//! Reads calls: which action it is, and the small modules that know the parameters of each.
//!
//! Parameters are spelled as in the EC2 API reference. One that an action does not have, or that would make a
//! difference and is not carried out here, is refused by its name.

mod addresses;
mod common;
mod ec2_fleets;
mod fleets;
mod instances;
mod launches;
mod networks;
mod spot_fleets;
mod tags;
mod volumes;

use super::form::Form;
use crate::actions::{
    Action, DescribeAvailabilityZones, DescribeInstances, DescribeLaunchTemplates, DescribeSpotFleetRequests,
    DescribeSpotInstanceRequests, DescribeTags, DescribeVolumes, Request,
};
use crate::error::ApiError;
use crate::listing::Listing;

/// The one version of the API that there is.
const VERSION: &str = "2016-11-15";

/// What a signature in the query brings along. No signature is checked.
pub(super) const SIGNATURE: [&str; 13] = [
    "AWSAccessKeyId",
    "Expires",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "Timestamp",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// Reads a call.
pub(super) fn read(form: &mut Form) -> Result<Request, ApiError> {
    let name = form.text("Action");
    if name.is_empty() {
        let message = "The request is missing an action or a required parameter.";
        return Err(ApiError::refusal("MissingAction", message));
    }
    let version = form.required("Version")?;
    if version != VERSION {
        let message = format!("The requested version ({version}) of service AmazonEC2 is not valid");
        return Err(ApiError::refusal("NoSuchVersion", message));
    }
    form.skip(&SIGNATURE);
    let dry_run = form.flag("DryRun")?.unwrap_or(false);
    let action = action(&name, form)?;
    form.finish()?;
    Ok(Request { action, dry_run })
}

fn action(name: &str, form: &mut Form) -> Result<Action, ApiError> {
    Ok(match name {
        "AllocateAddress" => addresses::allocate(form)?.into(),
        "AssignPrivateIpAddresses" => networks::assign(form)?.into(),
        "AssociateAddress" => addresses::associate(form)?.into(),
        "AttachNetworkInterface" => networks::attach(form)?.into(),
        "AttachVolume" => volumes::attach(form).into(),
        "CancelSpotFleetRequests" => spot_fleets::cancel(form)?.into(),
        "CreateFleet" => ec2_fleets::create(form)?.into(),
        "CreateLaunchTemplate" => launches::create_template(form)?.into(),
        "CreateNetworkInterface" => networks::create(form)?.into(),
        "CreateTags" => tags::create(form)?.into(),
        "CreateVolume" => volumes::create(form)?.into(),
        "DeleteFleets" => ec2_fleets::delete(form)?.into(),
        "DeleteTags" => tags::delete(form)?.into(),
        "DeleteVolume" => volumes::delete(form).into(),
        "DescribeAddresses" => addresses::describe(form)?.into(),
        "DescribeAvailabilityZones" => DescribeAvailabilityZones(zones(form)?).into(),
        "DescribeFleetInstances" => ec2_fleets::describe_instances(form)?.into(),
        "DescribeFleets" => ec2_fleets::describe(form)?.into(),
        "DescribeInstances" => DescribeInstances(common::listing(form, "InstanceId")?).into(),
        "DescribeLaunchTemplates" => {
            DescribeLaunchTemplates(common::listing(form, "LaunchTemplateId")?).into()
        }
        "DescribeSpotFleetInstances" => spot_fleets::describe_instances(form)?.into(),
        "DescribeSpotFleetRequests" => {
            DescribeSpotFleetRequests(common::pages(form, "SpotFleetRequestId")?).into()
        }
        "DescribeSpotInstanceRequests" => {
            DescribeSpotInstanceRequests(common::listing(form, "SpotInstanceRequestId")?).into()
        }
        "DescribeTags" => DescribeTags(common::listing(form, "")?).into(),
        "DescribeVolumes" => DescribeVolumes(common::listing(form, "VolumeId")?).into(),
        "DetachVolume" => volumes::detach(form)?.into(),
        "DisassociateAddress" => addresses::disassociate(form).into(),
        "ModifyInstanceAttribute" => instances::modify_attribute(form)?.into(),
        "ModifySpotFleetRequest" => spot_fleets::modify(form)?.into(),
        "RebootInstances" => instances::reboot(form).into(),
        "ReleaseAddress" => addresses::release(form).into(),
        "RequestSpotFleet" => spot_fleets::request(form)?.into(),
        "RunInstances" => launches::run(form)?.into(),
        "StartInstances" => instances::start(form).into(),
        "StopInstances" => instances::stop(form)?.into(),
        "TerminateInstances" => instances::terminate(form).into(),
        unknown => return Err(ApiError::unknown_action(unknown)),
    })
}

/// Zones have no pages.
fn zones(form: &mut Form) -> Result<Listing, ApiError> {
    form.skip(&["AllAvailabilityZones"]);
    Ok(Listing { ids: form.texts("ZoneName"), filters: common::filters(form)?, ..Listing::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::Operation;

    fn read(query: &str) -> Result<Request, ApiError> {
        super::read(&mut Form::parse(query.as_bytes(), b"").unwrap())
    }

    #[test]
    fn every_action_is_known_and_read_as_itself() {
        for name in Action::NAMES {
            let enough = "TargetCapacitySpecification.TotalTargetCapacity=1&SpotFleetRequestConfig.TargetCapacity=1\
                          &SpotFleetRequestConfig.IamFleetRole=r&MinCount=1&MaxCount=1&DeviceIndex=1&TargetCapacity=1\
                          &TerminateInstances=true";
            let form = &mut Form::parse(enough.as_bytes(), b"").unwrap();
            assert_eq!(action(name, form).unwrap().name(), *name);
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for (query, code) in [
            ("", "MissingAction"),
            ("Action=DescribeVolumes", "MissingParameter"),
            ("Action=DescribeVolumes&Version=2014-10-01", "NoSuchVersion"),
            ("Action=DescribeBananas&Version=2016-11-15", "InvalidAction"),
            ("Action=DescribeVolumes&Version=2016-11-15&Banana=1", "UnknownParameter"),
            ("Action=DescribeVolumes&Version=2016-11-15&DryRun=maybe", "InvalidParameterValue"),
            ("Action=DescribeAddresses&Version=2016-11-15&MaxResults=5", "UnknownParameter"),
        ] {
            assert_eq!(read(query).unwrap_err().code, code, "{query}");
        }
    }

    #[test]
    fn a_signature_in_the_query_is_no_parameter() {
        let query = "Action=DescribeVolumes&Version=2016-11-15&X-Amz-Signature=1&X-Amz-Credential=a";
        assert!(!read(query).unwrap().dry_run);
    }
}
