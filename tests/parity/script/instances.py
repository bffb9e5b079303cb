"""Instances, their tags and their pages, zones, and calls that are no calls."""

from script.scene import IMAGE, NO_INSTANCE, ZONE, by, create, launch, tags


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
    s.call("a thousand volumes, as the AWS CLI asks for", "DescribeVolumes", Filters=by("volume-id", volumes[0]),
           MaxResults=1000)
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
    zones, instances, lent_address, spot_instance, hibernating_instance, pages, power, tagging, protocol,
]
