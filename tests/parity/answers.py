"""What of an answer is compared, chosen by what Holdfast, its demo and its tests read. Of a time, whether it is told.

Ids and addresses become names such as `vol1`, given in the order in which they were made. Empty is absent, as it is to
Holdfast. The order of a list does not count, as EC2 promises none. The name of the root device is the image's matter,
and an address that EC2 lends out is nobody's here: the script asks about it once, by itself.
"""

import copy
import json
import re

# As is.
IT = None
# Whether there is one: clocks differ.
TIME = "a time"

ATTACHMENT = {"VolumeId": IT, "InstanceId": IT, "Device": IT, "State": IT, "DeleteOnTermination": IT,
              "AttachTime": TIME}
VOLUME = {"VolumeId": IT, "AvailabilityZone": IT, "State": IT, "MultiAttachEnabled": IT, "Size": IT, "Tags": IT,
          "Attachments": [ATTACHMENT]}
INTERFACE = {"NetworkInterfaceId": IT, "Attachment": {"DeviceIndex": IT},
             "PrivateIpAddresses": [{"PrivateIpAddress": IT, "Primary": IT, "Association": {"PublicIp": IT}}]}
INSTANCE = {"InstanceId": IT, "State": {"Name": IT}, "Placement": {"AvailabilityZone": IT}, "InstanceLifecycle": IT,
            "LaunchTime": TIME,
            "SpotInstanceRequestId": IT, "Tags": IT, "HibernationOptions": {"Configured": IT},
            "BlockDeviceMappings": [{"DeviceName": IT, "Ebs": {"VolumeId": IT, "DeleteOnTermination": IT}}],
            "NetworkInterfaces": [INTERFACE]}
ADDRESS = {"AllocationId": IT, "PublicIp": IT, "AssociationId": IT, "InstanceId": IT, "NetworkInterfaceId": IT,
           "PrivateIpAddress": IT, "Domain": IT, "Tags": IT}
CHANGE = [{"InstanceId": IT, "PreviousState": {"Name": IT}, "CurrentState": {"Name": IT}}]
TEMPLATE = {"LaunchTemplateId": IT, "LaunchTemplateName": IT, "Tags": IT}
FROM = {"LaunchTemplateId": IT, "LaunchTemplateName": IT}
MEMBER = {"InstanceId": IT, "AvailabilityZone": IT, "LifecycleState": IT, "HealthStatus": IT, "LaunchTemplate": FROM}
GROUP = {"AutoScalingGroupName": IT, "LaunchTemplate": FROM, "MinSize": IT, "MaxSize": IT, "DesiredCapacity": IT,
         "AvailabilityZones": IT, "Instances": [MEMBER], "VPCZoneIdentifier": IT, "Status": IT,
         "CapacityRebalance": IT,
         "Tags": [{"Key": IT, "Value": IT, "PropagateAtLaunch": IT, "ResourceId": IT, "ResourceType": IT}]}
HOOK = {"LifecycleHookName": IT, "AutoScalingGroupName": IT, "LifecycleTransition": IT, "NotificationMetadata": IT,
        "HeartbeatTimeout": IT, "GlobalTimeout": IT, "DefaultResult": IT}
ACTIVITY = {"AutoScalingGroupName": IT, "Description": IT, "StatusCode": IT}
COMMAND = {"DocumentName": IT, "InstanceIds": IT, "Parameters": IT, "Status": IT, "StatusDetails": IT,
           "RequestedDateTime": TIME}
ENDED = {"SpotFleetRequestId": IT, "CurrentSpotFleetRequestState": IT, "PreviousSpotFleetRequestState": IT}

SHAPES = {
    "AllocateAddress": ADDRESS,
    "AssignPrivateIpAddresses": {"NetworkInterfaceId": IT, "AssignedPrivateIpAddresses": [{"PrivateIpAddress": IT}]},
    "AssociateAddress": {"AssociationId": IT},
    "AttachNetworkInterface": {},
    "AttachVolume": ATTACHMENT,
    "CancelSpotFleetRequests": {
        "SuccessfulFleetRequests": [ENDED],
        "UnsuccessfulFleetRequests": [{"SpotFleetRequestId": IT, "Error": {"Code": IT}}]},
    "CompleteLifecycleAction": {},
    "CreateAutoScalingGroup": {},
    "CreateFleet": {"FleetId": IT, "Instances": [{"InstanceIds": IT, "Lifecycle": IT}]},
    "CreateLaunchTemplate": {"LaunchTemplate": TEMPLATE},
    "CreateNetworkInterface": {"NetworkInterface": {"NetworkInterfaceId": IT, "PrivateIpAddress": IT}},
    "CreateTags": {},
    "CreateVolume": VOLUME,
    "DeleteAutoScalingGroup": {},
    "DeleteFleets": {
        "SuccessfulFleetDeletions": [{"FleetId": IT, "CurrentFleetState": IT, "PreviousFleetState": IT}],
        "UnsuccessfulFleetDeletions": [{"FleetId": IT, "Error": {"Code": IT}}]},
    "DeleteLifecycleHook": {},
    "DeleteTags": {},
    "DeleteVolume": {},
    "DescribeAddresses": {"Addresses": [ADDRESS]},
    "DescribeAutoScalingGroups": {"AutoScalingGroups": [GROUP]},
    "DescribeAutoScalingInstances": {"AutoScalingInstances": [{"AutoScalingGroupName": IT, **MEMBER}]},
    "DescribeAvailabilityZones": {"AvailabilityZones": [{"ZoneName": IT, "State": IT}]},
    "DescribeFleetInstances": {"FleetId": IT, "ActiveInstances": [{"InstanceId": IT}]},
    "DescribeFleets": {"Fleets": [{"FleetId": IT, "FleetState": IT, "ActivityStatus": IT, "Type": IT,
                                   "FulfilledCapacity": IT}]},
    "DescribeInstances": {"Reservations": [{"Instances": [INSTANCE]}]},
    "DescribeLaunchTemplates": {"LaunchTemplates": [TEMPLATE]},
    "DescribeLifecycleHooks": {"LifecycleHooks": [HOOK]},
    "DescribeSpotFleetInstances": {"SpotFleetRequestId": IT, "ActiveInstances": [{"InstanceId": IT}]},
    "DescribeSpotFleetRequests": {"SpotFleetRequestConfigs": [{
        "SpotFleetRequestId": IT, "SpotFleetRequestState": IT, "ActivityStatus": IT,
        "SpotFleetRequestConfig": {"TargetCapacity": IT, "FulfilledCapacity": IT, "Type": IT}}]},
    "DescribeSpotInstanceRequests": {"SpotInstanceRequests": [{
        "InstanceId": IT, "State": IT, "Status": {"Code": IT}, "InstanceInterruptionBehavior": IT}]},
    "DescribeTags": {"Tags": [{"Key": IT, "Value": IT, "ResourceId": IT, "ResourceType": IT}]},
    "DescribeVolumes": {"Volumes": [VOLUME]},
    "DetachInstances": {"Activities": [ACTIVITY]},
    "DetachVolume": ATTACHMENT,
    "DisassociateAddress": {},
    "EnterStandby": {"Activities": [ACTIVITY]},
    "ExitStandby": {"Activities": [ACTIVITY]},
    "ListCommands": {"Commands": [COMMAND]},
    "ModifyInstanceAttribute": {},
    "ModifySpotFleetRequest": {"Return": IT},
    "PutLifecycleHook": {},
    "RebootInstances": {},
    "RecordLifecycleActionHeartbeat": {},
    "ReleaseAddress": {},
    "RequestSpotFleet": {"SpotFleetRequestId": IT},
    "RunInstances": {"Instances": [INSTANCE]},
    "SendCommand": {"Command": COMMAND},
    "StartInstances": {"StartingInstances": CHANGE},
    "StopInstances": {"StoppingInstances": CHANGE},
    "TerminateInstanceInAutoScalingGroup": {"Activity": ACTIVITY},
    "TerminateInstances": {"TerminatingInstances": CHANGE},
    "UpdateAutoScalingGroup": {},
}

# Answers to these make things, or are the first to tell of them. Their ids are named in the order of their appearance.
MAKERS = {"AllocateAddress", "AssignPrivateIpAddresses", "AssociateAddress", "CreateFleet", "CreateLaunchTemplate",
          "CreateNetworkInterface", "CreateVolume", "DescribeAutoScalingGroups", "RequestSpotFleet", "RunInstances"}

ID = re.compile(r"\b(?:(i|vol|eipalloc|eipassoc|eni|sfr|sir|fleet|lt)-[0-9a-f-]{8,}|(\d+\.\d+\.\d+\.\d+))\b")


class Names:
    """Names of ids, given once and kept."""

    def __init__(self):
        self.of = {}
        self.counts = {}

    def learn(self, text):
        for found in ID.finditer(text):
            if found.group() not in self.of:
                kind = found.group(1) or "ip"
                self.counts[kind] = self.counts.get(kind, 0) + 1
                self.of[found.group()] = f"{kind}{self.counts[kind]}"

    def put_into(self, text):
        return ID.sub(lambda found: self.of.get(found.group(), (found.group(1) or "ip") + "?"), text)


def pick(shape, value):
    """The part of the value that the shape has, without what is empty."""
    if isinstance(shape, list):
        picked = [pick(shape[0], member) for member in value or []]
        return [member for member in picked if member]
    if isinstance(shape, dict):
        picked = {key: pick(part, (value or {}).get(key)) for key, part in shape.items()}
        return {key: part for key, part in picked.items() if part is not False and part not in (None, "", [], {})}
    if shape is TIME:
        return TIME if value else None
    if isinstance(value, list) and value and "Key" in value[0]:
        return {tag["Key"]: tag.get("Value", "") for tag in value}
    return value


def of_instances(answer, names):
    """The answer with instances as they are compared."""
    reservations = answer.get("Reservations", [])
    for instance in answer.get("Instances", []) + [one for some in reservations for one in some["Instances"]]:
        for mapping in instance.get("BlockDeviceMappings", []):
            if mapping["DeviceName"] == instance.get("RootDeviceName"):
                mapping["DeviceName"] = "root"
        places = [place for interface in instance.get("NetworkInterfaces", [])
                  for place in interface.get("PrivateIpAddresses", [])]
        for place in places:
            if place.get("Association", {}).get("PublicIp") not in names.of:
                place.pop("Association", None)


def in_order(value):
    if isinstance(value, list):
        return sorted((in_order(member) for member in value), key=json.dumps)
    if isinstance(value, dict):
        return {key: in_order(part) for key, part in value.items()}
    return value


def told(action, answer, names):
    """The answer in one line."""
    if action in ("RunInstances", "DescribeInstances"):
        answer = copy.deepcopy(answer)
        of_instances(answer, names)
    picked = pick(SHAPES[action], answer)
    if action in MAKERS:
        names.learn(json.dumps(picked))
    named = json.loads(names.put_into(json.dumps(picked)))
    return json.dumps(in_order(named), sort_keys=True, ensure_ascii=False)


def leaves(value, path=""):
    """Every part of an answer with its path."""
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in leaves(part, f"{path}/{key}")]
    if isinstance(value, list):
        return [leaf for number, part in enumerate(value) for leaf in leaves(part, f"{path}/{number}")]
    return [f"{path.lstrip('/')}={value}"]


def apart(local, other):
    """What two outcomes do not have in common. Where one is a refusal, the other is told as `accepted`."""
    answers = [json.loads(outcome) if outcome.startswith("{") else None for outcome in (local, other)]
    if None in answers:
        return tuple(outcome if answer is None else "accepted" for outcome, answer in zip((local, other), answers))
    mine, others = (leaves(answer) for answer in answers)
    return ("; ".join(leaf for leaf in mine if leaf not in others), "; ".join(leaf for leaf in others if leaf not in mine))
