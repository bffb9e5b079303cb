"""Elastic IPs, and the interfaces and private addresses that they point at."""

from script.scene import NO_ALLOCATION, NO_ASSOCIATION, NO_INSTANCE, allocate, by, create, interface_of, launch, tags


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
    s.keep("by the instance", str(len(s.make("DescribeAddresses", Filters=by("instance-id", one))["Addresses"])))
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


SCENARIOS = [
    addresses, address_taken_without_a_word, address_released_while_associated, address_associated_twice,
    address_displaced, address_by_instance, address_of_a_pending_instance, address_of_a_pending_interface,
    interfaces, second_private_address,
]
