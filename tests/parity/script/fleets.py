"""Launch templates and fleets."""

from script.scene import IMAGE, ZONE, by, create, found_by, launch, tags


def template(s, name, **more):
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    return s.call("template", "CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=data, **more)


def templates(s):
    made = template(s, "parity", TagSpecifications=tags("launch-template", a="1"))["LaunchTemplate"]
    s.call("describe", "DescribeLaunchTemplates", LaunchTemplateIds=[made["LaunchTemplateId"]])
    s.call("by name", "DescribeLaunchTemplates", LaunchTemplateNames=["parity"])
    s.call("an unknown id", "DescribeLaunchTemplates", LaunchTemplateIds=["lt-0000000000000beef"])
    s.call("the same name", "CreateLaunchTemplate", LaunchTemplateName="parity",
           LaunchTemplateData={"ImageId": IMAGE})
    s.call("dry run", "CreateLaunchTemplate", LaunchTemplateName="dry", LaunchTemplateData={"ImageId": IMAGE},
           DryRun=True)


def configs(made, zones=(ZONE,)):
    specification = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"}
    overrides = [{"AvailabilityZone": zone, "InstanceType": "t3.micro"} for zone in zones]
    return [{"LaunchTemplateSpecification": specification, "Overrides": overrides}]


def spot_fleet(s):
    made = template(s, "spot-fleet")
    config = {"IamFleetRole": "arn:aws:iam::123456789012:role/fleet", "TargetCapacity": 1, "Type": "maintain",
              "AllocationStrategy": "lowestPrice", "LaunchTemplateConfigs": configs(made)}
    fleet = s.call("request", "RequestSpotFleet", SpotFleetRequestConfig=config)["SpotFleetRequestId"]
    s.settle()
    s.call("describe", "DescribeSpotFleetRequests", SpotFleetRequestIds=[fleet])
    active = s.call("instances", "DescribeSpotFleetInstances", SpotFleetRequestId=fleet)
    members = [member["InstanceId"] for member in active["ActiveInstances"]]
    s.keep("how many instances", str(len(members)))
    s.call("the member", "DescribeInstances", InstanceIds=members)
    s.keep("instances by the fleet's tag", found_by(s, "tag:aws:ec2spot:fleet-request-id", fleet))
    s.call("spot requests", "DescribeSpotInstanceRequests", Filters=by("instance-id", *members))
    s.call("end the member", "TerminateInstances", InstanceIds=members)
    s.settle()
    active = s.call("instances after", "DescribeSpotFleetInstances", SpotFleetRequestId=fleet)
    after = [member["InstanceId"] for member in active["ActiveInstances"]]
    s.keep("it has replaced what it lost", str(len(after) == 1 and after != members))
    s.call("spot requests after", "DescribeSpotInstanceRequests", Filters=by("instance-id", *members))
    s.call("modify", "ModifySpotFleetRequest", SpotFleetRequestId=fleet, TargetCapacity=2)
    s.settle()
    s.call("describe modified", "DescribeSpotFleetRequests", SpotFleetRequestIds=[fleet])
    s.call("cancel", "CancelSpotFleetRequests", SpotFleetRequestIds=[fleet], TerminateInstances=True)
    missing = "sfr-00000000-0000-0000-0000-000000000000"
    s.call("an unknown one", "DescribeSpotFleetRequests", SpotFleetRequestIds=[missing])
    s.call("instances of an unknown one", "DescribeSpotFleetInstances", SpotFleetRequestId=missing)
    s.call("modify an unknown one", "ModifySpotFleetRequest", SpotFleetRequestId=missing, TargetCapacity=1)
    s.call("cancel an unknown one", "CancelSpotFleetRequests", SpotFleetRequestIds=[missing], TerminateInstances=True)
    s.call("request dry", "RequestSpotFleet", SpotFleetRequestConfig=config, DryRun=True)
    s.call("spot requests by an unknown filter", "DescribeSpotInstanceRequests", Filters=by("banana", "1"))


def ec2_fleet(s):
    made = template(s, "ec2-fleet")
    target = {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"}
    fleet = s.call("create", "CreateFleet", Type="maintain", TargetCapacitySpecification=target,
                   LaunchTemplateConfigs=configs(made))["FleetId"]
    s.settle()
    s.call("describe", "DescribeFleets", FleetIds=[fleet])
    active = s.call("instances", "DescribeFleetInstances", FleetId=fleet)
    members = [member["InstanceId"] for member in active["ActiveInstances"]]
    s.keep("how many instances", str(len(members)))
    s.call("the member", "DescribeInstances", InstanceIds=members)
    s.keep("instances by the fleet's tag", found_by(s, "tag:aws:ec2:fleet-id", fleet))
    s.call("delete", "DeleteFleets", FleetIds=[fleet], TerminateInstances=True)
    missing = "fleet-00000000-0000-0000-0000-000000000000"
    s.call("an unknown one", "DescribeFleets", FleetIds=[missing])
    s.call("instances of an unknown one", "DescribeFleetInstances", FleetId=missing)
    s.call("delete an unknown one", "DeleteFleets", FleetIds=[missing], TerminateInstances=True)
    s.call("create dry", "CreateFleet", Type="maintain", TargetCapacitySpecification=target,
           LaunchTemplateConfigs=configs(made), DryRun=True)
    s.call("an instant one", "CreateFleet", Type="instant", TargetCapacitySpecification=target,
           LaunchTemplateConfigs=configs(made))


SCENARIOS = [
    templates, spot_fleet, ec2_fleet,
]
