"""Volumes: made, attached, detached and released."""

from script.scene import NO_INSTANCE, NO_VOLUME, OTHER_ZONE, ZONE, allocate, by, create, interface_of, launch, tags


def volumes(s):
    one = s.call("create", "CreateVolume", AvailabilityZone=ZONE, Size=1,
                 TagSpecifications=tags("volume", **{"holdfast:fleet": "volumes"}))["VolumeId"]
    s.settle()
    s.call("describe", "DescribeVolumes", VolumeIds=[one])
    for name, value in [("tag-key", "holdfast:fleet"), ("volume-id", one), ("status", "available")]:
        filters = by(name, value) + by("tag:holdfast:fleet", "volumes")
        s.call(f"by {name}", "DescribeVolumes", Filters=filters)
    s.call("by an unknown filter", "DescribeVolumes", Filters=by("banana", "1"))
    s.call("an unknown id", "DescribeVolumes", VolumeIds=[NO_VOLUME])
    s.call("a malformed id", "DescribeVolumes", VolumeIds=["banana"])
    s.call("dry run", "DescribeVolumes", DryRun=True)
    s.call("create for several", "CreateVolume", AvailabilityZone=ZONE, Size=4, VolumeType="io2", Iops=100,
           MultiAttachEnabled=True)
    s.call("create in an unknown zone", "CreateVolume", AvailabilityZone="us-east-1z", Size=1)
    s.call("create without a zone", "CreateVolume", Size=1)
    s.call("create without a size", "CreateVolume", AvailabilityZone=ZONE)
    s.call("create dry", "CreateVolume", AvailabilityZone=ZONE, Size=1, DryRun=True)
    s.call("delete dry", "DeleteVolume", VolumeId=one, DryRun=True)
    s.call("delete", "DeleteVolume", VolumeId=one)
    s.settle()
    s.call("describe deleted", "DescribeVolumes", VolumeIds=[one])
    s.call("delete again", "DeleteVolume", VolumeId=one)
    s.call("delete a malformed id", "DeleteVolume", VolumeId="banana")


def scene(s, instances=1, zone=ZONE):
    """Running instances and a free volume."""
    made = launch(s, count=instances)
    volume = create(s, zone=zone)
    s.settle()
    return [volume, *made]


def attaching(s):
    volume, one = scene(s)
    s.call("attach dry", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf", DryRun=True)
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.call("describe the volume", "DescribeVolumes", VolumeIds=[volume])
    s.call("describe the instance", "DescribeInstances", InstanceIds=[one])
    s.call("by the instance", "DescribeVolumes", Filters=by("attachment.instance-id", one) + by("volume-id", volume))
    s.call("by the device", "DescribeVolumes", Filters=by("attachment.device", "/dev/sdf") + by("volume-id", volume))
    s.call("delete what is attached", "DeleteVolume", VolumeId=volume)
    s.call("an unknown volume", "AttachVolume", VolumeId=NO_VOLUME, InstanceId=one, Device="/dev/sdg")
    s.call("a malformed volume", "AttachVolume", VolumeId="banana", InstanceId=one, Device="/dev/sdg")
    other = create(s)
    s.settle()
    s.call("an unknown instance", "AttachVolume", VolumeId=other, InstanceId=NO_INSTANCE, Device="/dev/sdg")
    s.call("a malformed instance", "AttachVolume", VolumeId=other, InstanceId="banana", Device="/dev/sdg")
    s.call("no device", "AttachVolume", VolumeId=other, InstanceId=one)
    s.call("no instance", "AttachVolume", VolumeId=other, Device="/dev/sdg")


def attached_to_a_stopped_instance(s):
    volume, one = scene(s)
    s.make("StopInstances", InstanceIds=[one])
    s.settle()
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.call("describe", "DescribeVolumes", VolumeIds=[volume])
    s.call("start", "StartInstances", InstanceIds=[one])
    s.settle()
    s.call("describe after the start", "DescribeVolumes", VolumeIds=[volume])


def attached_already_here(s):
    volume, one = scene(s)
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.call("attach again", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")


def attached_already_elsewhere(s):
    volume, one, two = scene(s, instances=2)
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.call("attach to the other", "AttachVolume", VolumeId=volume, InstanceId=two, Device="/dev/sdf")


def attached_across_zones(s):
    volume, one = scene(s, zone=OTHER_ZONE)
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")


def attached_on_an_occupied_device(s):
    volume, one = scene(s)
    other = create(s)
    s.settle()
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.call("attach the other", "AttachVolume", VolumeId=other, InstanceId=one, Device="/dev/sdf")


def attached_as_banana(s):
    volume, one = scene(s)
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="banana")


def attached_to_a_pending_instance(s):
    volume = create(s)
    s.settle()
    one, = launch(s)
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")


def attached_to_a_dead_instance(s):
    volume, one = scene(s)
    s.call("terminate", "TerminateInstances", InstanceIds=[one])
    s.settle()
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")


def attached_while_creating(s):
    one, = launch(s)
    s.settle()
    volume = create(s)
    s.call("attach", "AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")


def detaching(s):
    volume, one, two = scene(s, instances=2)
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.make("StopInstances", InstanceIds=[one])
    s.settle()
    s.call("from another instance", "DetachVolume", VolumeId=volume, InstanceId=two)
    s.call("from a malformed instance", "DetachVolume", VolumeId=volume, InstanceId="banana")
    s.call("from an unknown instance", "DetachVolume", VolumeId=volume, InstanceId=NO_INSTANCE)
    s.call("an unknown volume", "DetachVolume", VolumeId=NO_VOLUME, InstanceId=one)
    s.call("a malformed volume", "DetachVolume", VolumeId="banana", InstanceId=one)
    s.call("dry run", "DetachVolume", VolumeId=volume, InstanceId=one, DryRun=True)
    s.call("describe before", "DescribeVolumes", VolumeIds=[volume])
    s.call("from a stopped instance", "DetachVolume", VolumeId=volume, InstanceId=one)
    s.settle()
    s.call("describe after", "DescribeVolumes", VolumeIds=[volume])
    s.call("what is free", "DetachVolume", VolumeId=volume, InstanceId=one)


def detached_from_whoever_has_it(s):
    volume, one = scene(s)
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.make("StopInstances", InstanceIds=[one])
    s.settle()
    s.call("detach", "DetachVolume", VolumeId=volume)


def detached_while_mounted(s):
    volume, one = scene(s)
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.call("detach", "DetachVolume", VolumeId=volume, InstanceId=one)
    s.settle()
    s.call("describe", "DescribeVolumes", VolumeIds=[volume])


def detached_by_a_wrong_device(s):
    volume, one = scene(s)
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    s.make("StopInstances", InstanceIds=[one])
    s.settle()
    s.call("detach", "DetachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdz")


def root_device_detached(s):
    one, = launch(s)
    s.settle()
    found = s.call("describe", "DescribeInstances", InstanceIds=[one])["Reservations"][0]["Instances"][0]
    root = found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    s.call("detach from what runs", "DetachVolume", VolumeId=root, InstanceId=one)


def released_by_termination(s):
    volume, one = scene(s)
    goes = create(s)
    address = allocate(s)
    s.settle()
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.make("AttachVolume", VolumeId=goes, InstanceId=one, Device="/dev/sdg")
    s.settle()
    s.call("have the other go", "ModifyInstanceAttribute", InstanceId=one, BlockDeviceMappings=[
        {"DeviceName": "/dev/sdg", "Ebs": {"DeleteOnTermination": True}}])
    s.call("describe the other", "DescribeVolumes", VolumeIds=[goes])
    s.call("an unknown device", "ModifyInstanceAttribute", InstanceId=one, BlockDeviceMappings=[
        {"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}])
    interface, _ = interface_of(s, one)
    s.call("associate", "AssociateAddress", AllocationId=address, NetworkInterfaceId=interface,
           AllowReassociation=False)
    s.call("terminate", "TerminateInstances", InstanceIds=[one])
    s.settle()
    s.call("describe the volume", "DescribeVolumes", VolumeIds=[volume])
    s.call("describe the address", "DescribeAddresses", AllocationIds=[address])
    s.call("describe the other after", "DescribeVolumes", VolumeIds=[goes])


SCENARIOS = [
    volumes, attaching, attached_to_a_stopped_instance, attached_already_here, attached_already_elsewhere,
    attached_across_zones, attached_on_an_occupied_device, attached_as_banana, attached_to_a_pending_instance,
    attached_to_a_dead_instance, attached_while_creating, detaching, detached_from_whoever_has_it,
    detached_while_mounted, detached_by_a_wrong_device, root_device_detached, released_by_termination,
]
