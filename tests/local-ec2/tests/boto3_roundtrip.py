"""boto3 against the local EC2: what is asked for is what comes back, and no answer has an element that EC2 has not, or
Auto Scaling, or Systems Manager.

Run by tests/boto3.rs with the address of a local EC2 as the only argument.
"""

import json
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

import boto3
import botocore
from botocore.config import Config

URL = sys.argv[1]
ZONE = "us-east-1a"
NAMESPACES = {"ec2": "{http://ec2.amazonaws.com/doc/2016-11-15/}",
              "autoscaling": "{http://autoscaling.amazonaws.com/doc/2011-01-01/}"}
seen = set()


def control(command, **body):
    request = urllib.request.Request(f"{URL}/_/{command}", data=json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def unknown_elements(element, shape, path, namespace):
    """The elements that the service's own model does not know there."""
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        for child in element:
            if child.tag != namespace + name:
                yield f"{path}/{child.tag}"
            yield from unknown_elements(child, shape.member, path, namespace)
    elif shape.type_name == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in element:
            name = child.tag.removeprefix(namespace)
            if name in members:
                yield from unknown_elements(child, members[name], f"{path}/{name}", namespace)
            elif path or name not in ("requestId", "return"):
                yield f"{path}/{name}"


def unknown_members(value, shape, path):
    """The same of an answer in JSON."""
    if shape.type_name == "list":
        for member in value:
            yield from unknown_members(member, shape.member, path)
    elif shape.type_name == "structure":
        for name, part in value.items():
            if name in shape.members:
                yield from unknown_members(part, shape.members[name], f"{path}/{name}")
            else:
                yield f"{path}/{name}"


def check_answer(operation_model, response_dict, **_):
    name, shape = operation_model.name, operation_model.output_shape
    service = operation_model.service_model.service_name
    seen.add(name)
    if response_dict["status_code"] != 200:
        return
    if service == "ssm":
        unknown = list(unknown_members(json.loads(response_dict["body"]), shape, ""))
        assert not unknown, f"{name} answers with {unknown}"
        return
    namespace = NAMESPACES[service]
    root = ElementTree.fromstring(response_dict["body"])
    assert root.tag == f"{namespace}{name}Response", root.tag
    if service == "autoscaling":
        # The result is wrapped, where there is one.
        parts = {part.tag.removeprefix(namespace): part for part in root}
        wrapper = {shape.serialization["resultWrapper"]} if shape else set()
        assert set(parts) == {"ResponseMetadata"} | wrapper, f"{name} answers with {list(parts)}"
        root = parts[wrapper.pop()] if wrapper else None
    if root is not None and shape:
        unknown = list(unknown_elements(root, shape, "", namespace))
        assert not unknown, f"{name} answers with {unknown}"


def client(key, service="ec2"):
    config = Config(retries={"total_max_attempts": 1})
    made = boto3.client(service, endpoint_url=URL, region_name="us-east-1", config=config,
                        aws_access_key_id=key, aws_secret_access_key="secret")
    made.meta.events.register(f"before-parse.{made.meta.service_model.service_id.hyphenize()}", check_answer)
    return made


def refused(code, status, call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error
        # Systems Manager has its own in a header.
        assert call.__self__ is ssm or error.response["ResponseMetadata"]["RequestId"], error
        return
    raise AssertionError(f"{parameters} was not refused")


def tags(kind, **pairs):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]


ec2 = client("AKIAOTHER")
autoscaling = client("AKIAOTHER", "autoscaling")
ssm = client("AKIAOTHER", "ssm")


def instances_and_networks():
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert sorted(zone["ZoneName"] for zone in zones) == ["us-east-1a", "us-east-1b", "us-east-1c"]
    launched = ec2.run_instances(
        ImageId="ami-0123456789abcdef0", InstanceType="t3.micro", MinCount=2, MaxCount=2, KeyName="key",
        Placement={"AvailabilityZone": ZONE}, SecurityGroupIds=["sg-1"], UserData="#!/bin/sh",
        BlockDeviceMappings=[{"DeviceName": "/dev/sdz", "Ebs": {"VolumeSize": 3, "DeleteOnTermination": True}}],
        NetworkInterfaces=[{"DeviceIndex": 0, "SecondaryPrivateIpAddressCount": 1}],
        TagSpecifications=tags("instance", Name="a <web> & more é", Empty=""))
    ids = [instance["InstanceId"] for instance in launched["Instances"]]
    assert launched["Instances"][0]["State"] == {"Code": 0, "Name": "pending"}
    control("pass", seconds=60)
    reservation, = ec2.describe_instances(InstanceIds=ids)["Reservations"]
    one = reservation["Instances"][0]
    assert len(reservation["Instances"]) == 2 and one["State"]["Name"] == "running"
    assert {"Key": "Name", "Value": "a <web> & more é"} in one["Tags"]
    assert {"Key": "Empty", "Value": ""} in one["Tags"]
    assert one["NetworkInterfaces"][0]["Attachment"]["DeviceIndex"] == 0
    assert [place["Primary"] for place in one["NetworkInterfaces"][0]["PrivateIpAddresses"]] == [True, False]
    assert len(one["BlockDeviceMappings"]) == 2 and "InstanceLifecycle" not in one
    id = ids[0]
    ec2.modify_instance_attribute(InstanceId=id, BlockDeviceMappings=[
        {"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": False}}])
    ec2.reboot_instances(InstanceIds=[id])
    change, = ec2.stop_instances(InstanceIds=[id])["StoppingInstances"]
    assert (change["PreviousState"]["Code"], change["CurrentState"]["Code"]) == (16, 64)
    control("pass", seconds=120)
    assert ec2.start_instances(InstanceIds=[id])["StartingInstances"][0]["CurrentState"]["Name"] == "pending"
    control("pass", seconds=60)
    interface = ec2.create_network_interface(
        SubnetId=one["SubnetId"], TagSpecifications=tags("network-interface", Name="second"))["NetworkInterface"]
    eni = interface["NetworkInterfaceId"]
    attached = ec2.attach_network_interface(NetworkInterfaceId=eni, InstanceId=id, DeviceIndex=1)
    assert attached["AttachmentId"].startswith("eni-attach-")
    more = ec2.assign_private_ip_addresses(NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=2)
    assert more["NetworkInterfaceId"] == eni and len(more["AssignedPrivateIpAddresses"]) == 2
    return ids


def volumes(id, other):
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=5, VolumeType="gp3", Iops=3000, Encrypted=True,
                             TagSpecifications=tags("volume", **{"holdfast:fleet": "web"}))
    volume = made["VolumeId"]
    assert made["State"] == "creating" and made["Size"] == 5 and made["Attachments"] == []
    control("pass", seconds=10)
    refused("DryRunOperation", 412, ec2.attach_volume, VolumeId=volume, InstanceId=id, Device="/dev/sdf", DryRun=True)
    assert ec2.attach_volume(VolumeId=volume, InstanceId=id, Device="/dev/sdf")["State"] == "attaching"
    control("pass", seconds=10)
    found, = ec2.describe_volumes(Filters=[
        {"Name": "tag:holdfast:fleet", "Values": ["web"]}, {"Name": "attachment.instance-id", "Values": [id]}])["Volumes"]
    assert found["State"] == "in-use" and found["Attachments"][0]["State"] == "attached"
    assert found["Attachments"][0]["Device"] == "/dev/sdf" and found["Encrypted"]
    refused("VolumeInUse", 400, ec2.attach_volume, VolumeId=volume, InstanceId=other, Device="/dev/sdf")
    refused("InvalidVolumeID.Malformed", 400, ec2.describe_volumes, VolumeIds=["banana"])
    refused("InvalidVolume.NotFound", 400, ec2.describe_volumes, VolumeIds=["vol-00000000000000001"])
    refused("InvalidParameterValue", 400, ec2.describe_volumes, Filters=[{"Name": "banana", "Values": ["1"]}])
    control("drain", volume=volume)
    assert ec2.detach_volume(VolumeId=volume, InstanceId=id)["State"] == "detaching"
    control("pass", seconds=10)
    ec2.delete_volume(VolumeId=volume)
    control("pass", seconds=10)
    spare = [ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"] for _ in range(11)]
    pages = list(ec2.get_paginator("describe_volumes").paginate(PaginationConfig={"PageSize": 5}))
    all = [volume["VolumeId"] for page in pages for volume in page["Volumes"]]
    assert len(pages) > 2 and set(spare) < set(all) and len(all) == len(set(all)) and volume not in all


def addresses(id):
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", **{"holdfast:fleet": "web"}))
    allocation = address["AllocationId"]
    interfaces = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]["NetworkInterfaces"]
    interface, private = interfaces[0]["NetworkInterfaceId"], interfaces[0]["PrivateIpAddress"]
    where = {"NetworkInterfaceId": interface, "PrivateIpAddress": private}
    association = ec2.associate_address(AllocationId=allocation, AllowReassociation=False, **where)["AssociationId"]
    found, = ec2.describe_addresses(Filters=[{"Name": "tag-key", "Values": ["holdfast:fleet"]}])["Addresses"]
    assert (found["AssociationId"], found["InstanceId"], found["PrivateIpAddress"]) == (association, id, private)
    instance = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
    assert instance["PublicIpAddress"] == address["PublicIp"] == found["PublicIp"]
    refused("InvalidIPAddress.InUse", 400, ec2.release_address, AllocationId=allocation)
    ec2.disassociate_address(AssociationId=association)
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]
    ec2.release_address(AllocationId=allocation)
    refused("InvalidAllocationID.NotFound", 400, ec2.describe_addresses, AllocationIds=[allocation])


def tagging(id):
    ec2.create_tags(Resources=[id], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    ec2.delete_tags(Resources=[id], Tags=[{"Key": "a", "Value": "2"}, {"Key": "b"}])
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [id]}, {"Name": "key", "Values": ["?"]}])["Tags"]
    assert [(tag["Key"], tag["Value"], tag["ResourceType"]) for tag in found] == [("a", "1", "instance")]


def fleets():
    data = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.micro",
            "TagSpecifications": tags("instance", **{"holdfast:fleet": "web"})}
    template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data,
                                          TagSpecifications=tags("launch-template", Name="t"))["LaunchTemplate"]
    assert ec2.describe_launch_templates(LaunchTemplateIds=[template["LaunchTemplateId"]])["LaunchTemplates"] == [template]
    specification = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"}
    configs = [{"LaunchTemplateSpecification": specification,
                "Overrides": [{"AvailabilityZone": ZONE, "InstanceType": "t3.small"}, {"AvailabilityZone": "us-east-1b"}]}]

    spot = ec2.request_spot_fleet(SpotFleetRequestConfig={
        "IamFleetRole": "arn:aws:iam::123456789012:role/fleet", "TargetCapacity": 2, "Type": "maintain",
        "AllocationStrategy": "capacityOptimized", "InstanceInterruptionBehavior": "terminate",
        "SpotMaintenanceStrategies": {"CapacityRebalance": {
            "ReplacementStrategy": "launch-before-terminate", "TerminationDelay": 120}},
        "LaunchTemplateConfigs": configs})["SpotFleetRequestId"]
    control("pass", seconds=120)
    found, = ec2.describe_spot_fleet_requests(SpotFleetRequestIds=[spot])["SpotFleetRequestConfigs"]
    assert (found["SpotFleetRequestState"], found["ActivityStatus"]) == ("active", "fulfilled")
    config = found["SpotFleetRequestConfig"]
    assert config["TargetCapacity"] == 2 and config["FulfilledCapacity"] == 2.0
    assert config["SpotMaintenanceStrategies"]["CapacityRebalance"]["TerminationDelay"] == 120
    active = ec2.describe_spot_fleet_instances(SpotFleetRequestId=spot)
    assert len(active["ActiveInstances"]) == 2 and active["SpotFleetRequestId"] == spot
    members = [member["InstanceId"] for member in active["ActiveInstances"]]
    requests = ec2.describe_spot_instance_requests(Filters=[{"Name": "instance-id", "Values": members}])
    assert {request["Status"]["Code"] for request in requests["SpotInstanceRequests"]} == {"fulfilled"}
    control("events")
    control("interrupt", instance=members[0])
    control("pass", seconds=2)
    assert "EC2 Spot Instance Interruption Warning" in [event["detail-type"] for event in control("events")["events"]]
    assert ec2.modify_spot_fleet_request(SpotFleetRequestId=spot, TargetCapacity=1)["Return"] is True
    missing = "sfr-00000000-0000-0000-0000-000000000000"
    ended = ec2.cancel_spot_fleet_requests(SpotFleetRequestIds=[spot, missing], TerminateInstances=True)
    assert ended["SuccessfulFleetRequests"][0]["CurrentSpotFleetRequestState"] == "cancelled_terminating"
    assert ended["UnsuccessfulFleetRequests"][0]["Error"]["Code"] == "fleetRequestIdDoesNotExist"

    target = {"TotalTargetCapacity": 2, "DefaultTargetCapacityType": "spot"}
    instant = ec2.create_fleet(Type="instant", TargetCapacitySpecification=target, LaunchTemplateConfigs=configs)
    assert sum(len(part["InstanceIds"]) for part in instant["Instances"]) == 2
    fleet = ec2.create_fleet(Type="maintain", TargetCapacitySpecification=target, LaunchTemplateConfigs=configs,
                             SpotOptions={"InstanceInterruptionBehavior": "stop"},
                             TagSpecifications=tags("fleet", Name="f"))["FleetId"]
    control("pass", seconds=120)
    found, = ec2.describe_fleets(FleetIds=[fleet])["Fleets"]
    assert found["FulfilledCapacity"] == 2.0 and found["SpotOptions"]["InstanceInterruptionBehavior"] == "stop"
    active = ec2.describe_fleet_instances(FleetId=fleet)
    assert len(active["ActiveInstances"]) == 2 and active["FleetId"] == fleet
    ended = ec2.delete_fleets(FleetIds=[fleet], TerminateInstances=True)
    assert ended["SuccessfulFleetDeletions"][0]["CurrentFleetState"] == "deleted_terminating"


def groups():
    data = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.micro"}
    template = ec2.create_launch_template(LaunchTemplateName="group", LaunchTemplateData=data)["LaunchTemplate"]
    here = {"AutoScalingGroupName": "group"}
    up = {"LifecycleHookName": "up", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
          "HeartbeatTimeout": 7200, "NotificationMetadata": "more & more"}
    autoscaling.create_auto_scaling_group(
        MinSize=0, MaxSize=3, DesiredCapacity=2, AvailabilityZones=[ZONE], LifecycleHookSpecificationList=[up],
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"},
        Tags=[{"Key": "Name", "Value": "é", "PropagateAtLaunch": True}], **here)
    refused("AlreadyExists", 400, autoscaling.create_auto_scaling_group, MinSize=0, MaxSize=1, AvailabilityZones=[ZONE],
            LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"]}, **here)
    control("pass", seconds=80)
    found, = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["group"])["AutoScalingGroups"]
    assert found["DesiredCapacity"] == 2 and found["Tags"][0]["PropagateAtLaunch"]
    ids = [member["InstanceId"] for member in found["Instances"]]
    pages = list(autoscaling.get_paginator("describe_auto_scaling_instances").paginate(
        PaginationConfig={"PageSize": 1}))
    states = {own["InstanceId"]: own["LifecycleState"] for page in pages for own in page["AutoScalingInstances"]}
    assert states == {id: "Pending:Wait" for id in ids} and len(pages) == 2, states
    hook, = autoscaling.describe_lifecycle_hooks(**here)["LifecycleHooks"]
    assert (hook["GlobalTimeout"], hook["NotificationMetadata"]) == (172800, "more & more")
    for id in ids:
        action = {"LifecycleHookName": "up", "InstanceId": id, **here}
        autoscaling.record_lifecycle_action_heartbeat(**action)
        autoscaling.complete_lifecycle_action(LifecycleActionResult="CONTINUE", **action)
        refused("ValidationError", 400, autoscaling.complete_lifecycle_action, LifecycleActionResult="CONTINUE", **action)
    autoscaling.delete_lifecycle_hook(LifecycleHookName="up", **here)
    autoscaling.put_lifecycle_hook(LifecycleHookName="down", DefaultResult="CONTINUE",
                                   LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING", **here)
    control("pass", seconds=10)
    moved, = autoscaling.enter_standby(InstanceIds=ids[:1], ShouldDecrementDesiredCapacity=True, **here)["Activities"]
    assert moved["Description"] == f"Moving EC2 instance to Standby: {ids[0]}" and moved["StartTime"].year == 2026
    control("pass", seconds=10)
    moved, = autoscaling.exit_standby(InstanceIds=ids[:1], **here)["Activities"]
    assert moved["StatusCode"] == "PreInService"
    control("pass", seconds=10)
    autoscaling.detach_instances(InstanceIds=ids[:1], ShouldDecrementDesiredCapacity=True, **here)
    ended = autoscaling.terminate_instance_in_auto_scaling_group(InstanceId=ids[1], ShouldDecrementDesiredCapacity=False)
    assert ended["Activity"]["AutoScalingGroupName"] == "group"
    autoscaling.update_auto_scaling_group(MinSize=0, DesiredCapacity=0, **here)
    refused("ResourceInUse", 400, autoscaling.delete_auto_scaling_group, **here)
    refused("InvalidNextToken", 400, autoscaling.describe_auto_scaling_instances, NextToken="banana")
    autoscaling.delete_auto_scaling_group(ForceDelete=True, **here)
    control("pass", seconds=300)
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []


def commands(id):
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    control("pass", seconds=10)
    ec2.attach_volume(VolumeId=volume, InstanceId=id, Device="/dev/sdg")
    control("pass", seconds=60)
    drain = {"DocumentName": "Drain", "InstanceIds": [id], "Parameters": {"volumes": [volume]}, "TimeoutSeconds": 30}
    refused("InvalidDocument", 400, ssm.send_command, **drain | {"DocumentName": "None"})
    refused("InvalidInstanceId", 400, ssm.send_command, **drain | {"InstanceIds": ["i-00000000000000001"]})
    sent = ssm.send_command(**drain)["Command"]
    assert (sent["Status"], sent["InstanceIds"], sent["Parameters"]) == ("Pending", [id], {"volumes": [volume]})
    assert sent["RequestedDateTime"].year == 2026
    control("pass", seconds=30)
    found, = ssm.list_commands(InstanceId=id, Filters=[{"key": "InvokedAfter", "value": "2020-01-01T00:00:00Z"}])["Commands"]
    assert (found["CommandId"], found["Status"], found["StatusDetails"]) == (sent["CommandId"], "Success", "Success")
    again = [ssm.send_command(**drain)["Command"]["CommandId"] for _ in range(4)]
    pages = list(ssm.get_paginator("list_commands").paginate(PaginationConfig={"PageSize": 2}))
    all = [command["CommandId"] for page in pages for command in page["Commands"]]
    assert len(pages) == 3 and sorted(all) == sorted(again + [sent["CommandId"]]), all
    refused("InvalidFilterKey", 400, ssm.list_commands, Filters=[{"key": "Status", "value": "Success"}])
    assert ec2.detach_volume(VolumeId=volume, InstanceId=id)["State"] == "detaching"


def the_judge(id):
    holdfast = client("HOLDFASTKEY")
    control("faults", shares="DescribeVolumes:throttled=1")
    refused("RequestLimitExceeded", 503, holdfast.describe_volumes)
    ec2.describe_volumes()
    control("faults", shares="")
    holdfast.terminate_instances(InstanceIds=[id])
    assert "TerminateInstances" in control("judge")["violations"][0]["call"]
    assert control("counts")["calls"] == {"TerminateInstances": 1}


first, second = instances_and_networks()
volumes(first, second)
addresses(first)
tagging(first)
fleets()
groups()
commands(first)
the_judge(second)
print(json.dumps(sorted(seen)))
