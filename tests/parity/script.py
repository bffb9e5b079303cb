"""The calls: every action of the local EC2, as Holdfast, its demo and its tests make them, and as they go wrong.

Each scenario makes what it needs. A call that one side takes and the other refuses stands at the end of its scenario,
or is about something that no later call is about, so that one difference does not make others.
"""

IMAGE = "ami-12c6146b"
ZONE, OTHER_ZONE = "us-east-1a", "us-east-1b"
NO_INSTANCE, NO_VOLUME = "i-0000000000000beef", "vol-0000000000000beef"
NO_ALLOCATION, NO_ASSOCIATION = "eipalloc-0000000000000beef", "eipassoc-0000000000000beef"


def tags(kind, **pairs):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]


def by(name, *values):
    return [{"Name": name, "Values": list(values)}]


def launch(s, count=1, **more):
    answer = s.make("RunInstances", ImageId=IMAGE, InstanceType="t3.micro", MinCount=count, MaxCount=count,
                    Placement={"AvailabilityZone": ZONE}, **more)
    return [instance["InstanceId"] for instance in answer["Instances"]]


def create(s, zone=ZONE, **more):
    return s.make("CreateVolume", AvailabilityZone=zone, Size=1, **more)["VolumeId"]


def allocate(s):
    return s.make("AllocateAddress", Domain="vpc")["AllocationId"]


def interface_of(s, instance):
    found = s.make("DescribeInstances", InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    interface = found["NetworkInterfaces"][0]
    return interface["NetworkInterfaceId"], interface["PrivateIpAddress"]


def zones(s):
    s.call("one zone", "DescribeAvailabilityZones", ZoneNames=[ZONE])
    s.call("by filter", "DescribeAvailabilityZones", Filters=by("zone-name", ZONE))
    s.call("an unknown zone", "DescribeAvailabilityZones", ZoneNames=["us-east-1z"])


def instances(s):
    made = s.call("launch", "RunInstances", ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                  Placement={"AvailabilityZone": ZONE},
                  TagSpecifications=tags("instance", **{"holdfast:fleet": "we*b", "Empty": ""}))
    one = made["Instances"][0]["InstanceId"]
    s.settle()
    s.call("describe", "DescribeInstances", InstanceIds=[one])
    for filter in [("instance-id", one), ("tag:holdfast:fleet", r"we\*b"), ("tag:holdfast:fleet", "w?*b"),
                   ("tag:holdfast:fleet", "web"), ("tag-key", "holdfast:fleet"), ("tag:Empty", "")]:
        s.call(f"by {filter[0]} {filter[1] if filter[1] != one else ''}", "DescribeInstances", Filters=by(*filter))
    s.call("by id and state", "DescribeInstances",
           Filters=by("instance-id", one) + by("instance-state-name", "running"))
    s.call("by id and another state", "DescribeInstances",
           Filters=by("instance-id", one) + by("instance-state-name", "stopped"))
    s.call("by an id that is not there", "DescribeInstances", Filters=by("instance-id", NO_INSTANCE))
    s.call("by an unknown filter", "DescribeInstances", Filters=by("banana", "1"))
    s.call("an unknown id", "DescribeInstances", InstanceIds=[NO_INSTANCE])
    s.call("a malformed id", "DescribeInstances", InstanceIds=["banana"])
    s.call("ids and pages", "DescribeInstances", InstanceIds=[one], MaxResults=5)
    s.call("too small a page", "DescribeInstances", MaxResults=4)
    s.call("an unknown token", "DescribeInstances", NextToken="banana")
    s.call("dry run", "DescribeInstances", DryRun=True)
    s.call("launch dry", "RunInstances", ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, DryRun=True)
    s.call("launch without a count", "RunInstances", ImageId=IMAGE, InstanceType="t3.micro")
    s.call("launch without an image", "RunInstances", InstanceType="t3.micro", MinCount=1, MaxCount=1)
    s.call("launch more than fewer", "RunInstances", ImageId=IMAGE, InstanceType="t3.micro", MinCount=2, MaxCount=1)


def lent_address(s):
    one, = launch(s)
    s.settle()
    found = s.make("DescribeInstances", InstanceIds=[one])["Reservations"][0]["Instances"][0]
    place = found["NetworkInterfaces"][0]["PrivateIpAddresses"][0]
    s.keep("whose it is", place.get("Association", {}).get("IpOwnerId", "there is none"))
    s.call("by Elastic IP", "DescribeAddresses", Filters=by("instance-id", one))


def spot_instance(s):
    made = s.call("launch", "RunInstances", ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                  Placement={"AvailabilityZone": ZONE}, InstanceMarketOptions={"MarketType": "spot"})
    one = made["Instances"][0]["InstanceId"]
    s.settle()
    s.call("describe", "DescribeInstances", InstanceIds=[one])
    s.call("its request", "DescribeSpotInstanceRequests", Filters=by("instance-id", one))
    s.call("terminate", "TerminateInstances", InstanceIds=[one])
    s.settle()
    s.call("its request after", "DescribeSpotInstanceRequests", Filters=by("instance-id", one))


def hibernating_instance(s):
    one, = launch(s, HibernationOptions={"Configured": True})
    s.settle()
    s.call("describe", "DescribeInstances", InstanceIds=[one])
    s.call("hibernate", "StopInstances", InstanceIds=[one], Hibernate=True)


def pages(s):
    made = launch(s, count=6, TagSpecifications=tags("instance", page="yes"))
    s.settle()
    first = s.make("DescribeInstances", Filters=by("tag:page", "yes"), MaxResults=5)
    s.keep("there are more instances", str(bool(first.get("NextToken"))))
    s.keep("instances on the page", str(sum(len(some["Instances"]) for some in first["Reservations"])))
    volumes = [create(s, TagSpecifications=tags("volume", page="yes")) for n in range(6)]
    s.settle()
    first = s.make("DescribeVolumes", Filters=by("tag:page", "yes"), MaxResults=5)
    s.keep("there are more volumes", str(bool(first.get("NextToken"))))
    s.keep("volumes on the page", str(len(first["Volumes"])))
    second = s.make("DescribeVolumes", Filters=by("tag:page", "yes"), MaxResults=5,
                    NextToken=first.get("NextToken", ""))
    seen = [volume["VolumeId"] for page in (first, second) for volume in page["Volumes"]]
    s.keep("each volume once", str(sorted(seen) == sorted(volumes)))
    s.call("two thousand volumes", "DescribeVolumes", Filters=by("tag:page", "yes"), MaxResults=2000)
    s.call("two thousand instances", "DescribeInstances", Filters=by("instance-id", made[0]), MaxResults=2000)
    s.call("an unknown token", "DescribeVolumes", NextToken="banana")
    s.call("spot requests", "DescribeSpotInstanceRequests", Filters=by("instance-id", *made), MaxResults=1000)


def power(s):
    one, = launch(s)
    s.settle()
    s.call("start what runs", "StartInstances", InstanceIds=[one])
    s.call("stop", "StopInstances", InstanceIds=[one])
    s.settle()
    s.call("describe stopped", "DescribeInstances", InstanceIds=[one])
    s.call("stop what is stopped", "StopInstances", InstanceIds=[one])
    s.call("start", "StartInstances", InstanceIds=[one])
    s.settle()
    s.call("reboot", "RebootInstances", InstanceIds=[one])
    s.call("terminate", "TerminateInstances", InstanceIds=[one])
    s.settle()
    s.call("describe terminated", "DescribeInstances", InstanceIds=[one])
    s.call("terminate again", "TerminateInstances", InstanceIds=[one])
    for what, action in [("terminate", "TerminateInstances"), ("stop", "StopInstances"), ("start", "StartInstances"),
                         ("reboot", "RebootInstances")]:
        s.call(f"{what} an unknown one", action, InstanceIds=[NO_INSTANCE])
        s.call(f"{what} a malformed id", action, InstanceIds=["banana"])
        s.call(f"{what} none", action)
        s.call(f"{what} dry", action, InstanceIds=[one], DryRun=True)
    s.call("start what is terminated", "StartInstances", InstanceIds=[one])
    s.call("stop what is terminated", "StopInstances", InstanceIds=[one])


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
    s.call("create in an unknown zone", "CreateVolume", AvailabilityZone="us-east-1z", Size=1)
    s.call("create without a zone", "CreateVolume", Size=1)
    s.call("create without a size", "CreateVolume", AvailabilityZone=ZONE)
    s.call("create dry", "CreateVolume", AvailabilityZone=ZONE, Size=1, DryRun=True)
    s.call("create for several", "CreateVolume", AvailabilityZone=ZONE, Size=4, VolumeType="io2", Iops=100,
           MultiAttachEnabled=True)
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


def addresses(s):
    one, two = launch(s, count=2)
    made = s.call("allocate", "AllocateAddress", Domain="vpc",
                  TagSpecifications=tags("elastic-ip", **{"holdfast:fleet": "addresses"}))
    address = made["AllocationId"]
    s.settle()
    s.call("describe free", "DescribeAddresses", AllocationIds=[address])
    s.call("by tag key", "DescribeAddresses", Filters=by("tag-key", "holdfast:fleet"))
    s.call("by tag", "DescribeAddresses", Filters=by("tag:holdfast:fleet", "addresses"))
    s.call("by an unknown filter", "DescribeAddresses", Filters=by("banana", "1"))
    s.call("an unknown id", "DescribeAddresses", AllocationIds=[NO_ALLOCATION])
    s.call("a malformed id", "DescribeAddresses", AllocationIds=["banana"])
    first, private = interface_of(s, one)
    second, other_private = interface_of(s, two)
    where = {"NetworkInterfaceId": first, "PrivateIpAddress": private}
    s.call("associate dry", "AssociateAddress", AllocationId=address, AllowReassociation=False, DryRun=True, **where)
    association = s.call("associate", "AssociateAddress", AllocationId=address, AllowReassociation=False, **where)
    s.call("describe associated", "DescribeAddresses", AllocationIds=[address])
    s.call("by the instance", "DescribeAddresses", Filters=by("instance-id", one))
    s.call("describe the instance", "DescribeInstances", InstanceIds=[one])
    elsewhere = {"NetworkInterfaceId": second, "PrivateIpAddress": other_private}
    s.call("take without permission", "AssociateAddress", AllocationId=address, AllowReassociation=False, **elsewhere)
    s.call("describe not taken", "DescribeAddresses", AllocationIds=[address])
    taken = s.call("take with permission", "AssociateAddress", AllocationId=address, AllowReassociation=True,
                   **elsewhere)
    s.call("describe taken", "DescribeAddresses", AllocationIds=[address])
    s.call("an unknown allocation", "AssociateAddress", AllocationId=NO_ALLOCATION, **where)
    s.call("a malformed allocation", "AssociateAddress", AllocationId="banana", **where)
    s.call("to an unknown interface", "AssociateAddress", AllocationId=address,
           NetworkInterfaceId="eni-0000000000000beef")
    s.call("to an unknown instance", "AssociateAddress", AllocationId=address, InstanceId=NO_INSTANCE)
    s.call("to nothing", "AssociateAddress", AllocationId=address)
    s.call("disassociate dry", "DisassociateAddress", AssociationId=taken["AssociationId"], DryRun=True)
    s.call("disassociate what was", "DisassociateAddress", AssociationId=association["AssociationId"])
    s.call("disassociate", "DisassociateAddress", AssociationId=taken["AssociationId"])
    s.call("describe let go", "DescribeAddresses", AllocationIds=[address])
    s.call("disassociate again", "DisassociateAddress", AssociationId=taken["AssociationId"])
    s.call("disassociate an unknown one", "DisassociateAddress", AssociationId=NO_ASSOCIATION)
    s.call("disassociate a malformed id", "DisassociateAddress", AssociationId="banana")
    s.call("disassociate nothing", "DisassociateAddress")
    s.call("release", "ReleaseAddress", AllocationId=address)
    s.call("describe released", "DescribeAddresses", AllocationIds=[address])
    s.call("release again", "ReleaseAddress", AllocationId=address)
    s.call("allocate dry", "AllocateAddress", Domain="vpc", DryRun=True)


def address_taken_without_a_word(s):
    one, two = launch(s, count=2)
    address = allocate(s)
    s.settle()
    first, _ = interface_of(s, one)
    second, _ = interface_of(s, two)
    s.call("associate", "AssociateAddress", AllocationId=address, NetworkInterfaceId=first)
    s.call("associate elsewhere", "AssociateAddress", AllocationId=address, NetworkInterfaceId=second)
    s.call("describe", "DescribeAddresses", AllocationIds=[address])


def address_released_while_associated(s):
    one, = launch(s)
    address = allocate(s)
    s.settle()
    interface, _ = interface_of(s, one)
    s.call("associate", "AssociateAddress", AllocationId=address, NetworkInterfaceId=interface)
    s.call("release", "ReleaseAddress", AllocationId=address)


def address_associated_twice(s):
    one, = launch(s)
    address = allocate(s)
    s.settle()
    interface, private = interface_of(s, one)
    where = {"NetworkInterfaceId": interface, "PrivateIpAddress": private}
    s.call("associate", "AssociateAddress", AllocationId=address, AllowReassociation=False, **where)
    s.call("associate again", "AssociateAddress", AllocationId=address, AllowReassociation=False, **where)


def address_displaced(s):
    one, = launch(s)
    first, second = (allocate(s) for _ in range(2))
    s.settle()
    interface, private = interface_of(s, one)
    where = {"NetworkInterfaceId": interface, "PrivateIpAddress": private}
    s.call("associate the first", "AssociateAddress", AllocationId=first, AllowReassociation=False, **where)
    s.call("associate the second", "AssociateAddress", AllocationId=second, **where)
    s.call("describe the first", "DescribeAddresses", AllocationIds=[first])
    s.call("describe the second", "DescribeAddresses", AllocationIds=[second])


def address_by_instance(s):
    one, = launch(s)
    address = allocate(s)
    s.settle()
    s.call("associate", "AssociateAddress", AllocationId=address, InstanceId=one)
    s.call("describe", "DescribeAddresses", AllocationIds=[address])
    s.make("StopInstances", InstanceIds=[one])
    s.settle()
    s.call("describe stopped", "DescribeAddresses", AllocationIds=[address])


def address_of_a_pending_instance(s):
    address = allocate(s)
    one, = launch(s)
    s.call("associate by instance", "AssociateAddress", AllocationId=address, InstanceId=one)


def address_of_a_pending_interface(s):
    address = allocate(s)
    one, = launch(s)
    interface, private = interface_of(s, one)
    s.call("associate", "AssociateAddress", AllocationId=address, NetworkInterfaceId=interface,
           PrivateIpAddress=private, AllowReassociation=False)


def interfaces(s):
    one, = launch(s)
    s.settle()
    found = s.call("describe", "DescribeInstances", InstanceIds=[one])["Reservations"][0]["Instances"][0]
    made = s.call("create", "CreateNetworkInterface", SubnetId=found["SubnetId"])
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    s.call("attach", "AttachNetworkInterface", NetworkInterfaceId=interface, InstanceId=one, DeviceIndex=1)
    s.call("one address more", "AssignPrivateIpAddresses", NetworkInterfaceId=interface,
           SecondaryPrivateIpAddressCount=1)
    s.call("describe with two", "DescribeInstances", InstanceIds=[one])
    address = allocate(s)
    s.call("associate by instance", "AssociateAddress", AllocationId=address, InstanceId=one)


def second_private_address(s):
    one, = launch(s, NetworkInterfaces=[{"DeviceIndex": 0, "SecondaryPrivateIpAddressCount": 1}])
    s.settle()
    found = s.call("describe", "DescribeInstances", InstanceIds=[one])["Reservations"][0]["Instances"][0]
    interface = found["NetworkInterfaces"][0]
    places = [place["PrivateIpAddress"] for place in interface["PrivateIpAddresses"]]
    s.keep("private addresses", str(len(places)))
    for number, place in enumerate((places + ["10.255.255.254"])[:2]):
        address = allocate(s)
        s.call(f"associate {number}", "AssociateAddress", AllocationId=address, AllowReassociation=False,
               NetworkInterfaceId=interface["NetworkInterfaceId"], PrivateIpAddress=place)
    address = allocate(s)
    s.call("associate with an address that is not there", "AssociateAddress", AllocationId=address,
           NetworkInterfaceId=interface["NetworkInterfaceId"], PrivateIpAddress="10.255.255.254")


def tagging(s):
    one, = launch(s)
    s.settle()
    mark = [{"Key": "holdfast:draining", "Value": "spot-interruption-warning 2026-11-23T12:00:00Z"}]
    s.call("mark dry", "CreateTags", Resources=[one], Tags=mark, DryRun=True)
    s.call("mark", "CreateTags", Resources=[one], Tags=mark)
    s.call("mark again", "CreateTags", Resources=[one], Tags=mark)
    s.call("describe", "DescribeInstances", InstanceIds=[one])
    s.call("tags", "DescribeTags", Filters=by("resource-id", one))
    s.call("tags by key", "DescribeTags", Filters=by("resource-id", one) + by("key", "holdfast:*"))
    s.call("tags by an unknown filter", "DescribeTags", Filters=by("banana", "1"))
    s.call("unmark with another value", "DeleteTags", Resources=[one],
           Tags=[{"Key": "holdfast:draining", "Value": "another"}])
    s.call("still marked", "DescribeTags", Filters=by("resource-id", one))
    s.call("unmark", "DeleteTags", Resources=[one], Tags=[{"Key": "holdfast:draining"}])
    s.call("unmarked", "DescribeTags", Filters=by("resource-id", one))
    s.call("an unknown resource", "CreateTags", Resources=[NO_INSTANCE], Tags=mark)
    s.call("a malformed resource", "CreateTags", Resources=["banana"], Tags=mark)
    s.call("no tags", "CreateTags", Resources=[one])
    s.call("the key of AWS", "CreateTags", Resources=[one], Tags=[{"Key": "aws:ec2:fleet-id", "Value": "x"}])
    s.call("the same key twice", "CreateTags", Resources=[one], Tags=[*mark, *mark])
    s.call("too many", "CreateTags", Resources=[one], Tags=[{"Key": f"k{n}", "Value": ""} for n in range(51)])


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
    s.call("the member by the fleet's tag", "DescribeInstances", Filters=by("tag:aws:ec2spot:fleet-request-id", fleet))
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
    s.call("the member by the fleet's tag", "DescribeInstances", Filters=by("tag:aws:ec2:fleet-id", fleet))
    s.call("delete", "DeleteFleets", FleetIds=[fleet], TerminateInstances=True)
    missing = "fleet-00000000-0000-0000-0000-000000000000"
    s.call("an unknown one", "DescribeFleets", FleetIds=[missing])
    s.call("instances of an unknown one", "DescribeFleetInstances", FleetId=missing)
    s.call("delete an unknown one", "DeleteFleets", FleetIds=[missing], TerminateInstances=True)
    s.call("create dry", "CreateFleet", Type="maintain", TargetCapacitySpecification=target,
           LaunchTemplateConfigs=configs(made), DryRun=True)
    s.call("an instant one", "CreateFleet", Type="instant", TargetCapacitySpecification=target,
           LaunchTemplateConfigs=configs(made))


def protocol(s):
    version = "Version=2016-11-15"
    s.raw("a good call", f"Action=DescribeVolumes&{version}")
    s.raw("an unknown action", f"Action=Banana&{version}")
    s.raw("no action", version)
    s.raw("nothing", "")
    s.raw("an unknown parameter", f"Action=DescribeVolumes&{version}&Banana=1")
    s.raw("a number that is none", f"Action=DescribeVolumes&{version}&MaxResults=banana")
    s.raw("a flag that is none", f"Action=DescribeVolumes&{version}&DryRun=banana")


SCENARIOS = [
    zones, instances, lent_address, spot_instance, hibernating_instance, pages, power, volumes, attaching, attached_to_a_stopped_instance, attached_already_here,
    attached_already_elsewhere, attached_across_zones, attached_on_an_occupied_device, attached_as_banana,
    attached_to_a_pending_instance, attached_to_a_dead_instance, attached_while_creating, detaching,
    detached_from_whoever_has_it, detached_while_mounted, detached_by_a_wrong_device, root_device_detached,
    released_by_termination, addresses, address_taken_without_a_word, address_released_while_associated,
    address_associated_twice, address_displaced, address_by_instance,
    address_of_a_pending_instance, address_of_a_pending_interface, interfaces, second_private_address, tagging,
    templates, spot_fleet, ec2_fleet, protocol,
]
