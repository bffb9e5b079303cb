"""Auto Scaling groups, their instances, and calls of Auto Scaling that are no calls."""

from script.scene import (
    NO_INSTANCE, ZONE, by, found_by, group, launch, members, template)

NO_TEMPLATE = {"LaunchTemplateId": "lt-0000000000000beef"}
SIZES = {"MinSize": 0, "MaxSize": 4}


def groups(s):
    what = {"AutoScalingGroupName": "groups", "LaunchTemplate": template(s, "of-groups"), "DesiredCapacity": 1,
            "AvailabilityZones": [ZONE], **SIZES}
    s.call("create", "CreateAutoScalingGroup", CapacityRebalance=True, **what, Tags=[
        {"Key": "handed-on", "Value": "1", "PropagateAtLaunch": True},
        {"Key": "kept", "Value": "2", "PropagateAtLaunch": False}])
    s.settle()
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["groups"])
    one, = members(s, "groups")
    s.call("the member", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("the instance", "DescribeInstances", InstanceIds=[one])
    s.keep("instances by the group's tag", found_by(s, "tag:aws:autoscaling:groupName", "groups"))
    s.call("an unknown one", "DescribeAutoScalingGroups", AutoScalingGroupNames=["nobody"])
    s.call("create again", "CreateAutoScalingGroup", **what)
    s.call("shrink", "UpdateAutoScalingGroup", AutoScalingGroupName="groups", MinSize=0, MaxSize=2, DesiredCapacity=0)
    s.settle()
    s.call("describe shrunk", "DescribeAutoScalingGroups", AutoScalingGroupNames=["groups"])
    s.call("the member after", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("more than at most", "UpdateAutoScalingGroup", AutoScalingGroupName="groups", DesiredCapacity=3)
    s.call("less than none", "UpdateAutoScalingGroup", AutoScalingGroupName="groups", MinSize=-1)
    s.call("a number that is none", "UpdateAutoScalingGroup", AutoScalingGroupName="groups", MaxSize="many")
    s.call("update an unknown one", "UpdateAutoScalingGroup", AutoScalingGroupName="nobody", MinSize=0)
    s.call("update nobody", "UpdateAutoScalingGroup", MinSize=0)
    s.call("update to an unknown template", "UpdateAutoScalingGroup", AutoScalingGroupName="groups",
           LaunchTemplate=NO_TEMPLATE)
    s.call("delete", "DeleteAutoScalingGroup", AutoScalingGroupName="groups")
    s.call("describe deleted", "DescribeAutoScalingGroups", AutoScalingGroupNames=["groups"])
    s.call("delete again", "DeleteAutoScalingGroup", AutoScalingGroupName="groups")
    s.call("delete nobody", "DeleteAutoScalingGroup")


def group_sizes(s):
    """A desired capacity that is not named goes along with the bounds."""
    group(s, "sizes", size=0)
    for what, sizes in [("a larger minimum", {"MinSize": 2}), ("a smaller maximum", {"MinSize": 0, "MaxSize": 1})]:
        s.call(what, "UpdateAutoScalingGroup", AutoScalingGroupName="sizes", **sizes)
        found = s.make("DescribeAutoScalingGroups", AutoScalingGroupNames=["sizes"])["AutoScalingGroups"][0]
        s.keep(f"desired after {what}", str(found["DesiredCapacity"]))
    s.call("a minimum above the maximum", "UpdateAutoScalingGroup", AutoScalingGroupName="sizes", MinSize=3, MaxSize=2)


def groups_that_cannot_be(s):
    own = template(s, "of-impossible")
    good = {"LaunchTemplate": own, "AvailabilityZones": [ZONE], "MinSize": 0, "MaxSize": 1}
    for number, (what, change) in enumerate([
            ("without a maximum", {"MaxSize": None}), ("without a minimum", {"MinSize": None}),
            ("a minimum above the maximum", {"MinSize": 2}), ("more than at most", {"DesiredCapacity": 2}),
            ("without a place", {"AvailabilityZones": []}),
            ("in an unknown zone", {"AvailabilityZones": ["us-east-1z"]}),
            ("in an unknown subnet", {"VPCZoneIdentifier": "subnet-0000000000000beef", "AvailabilityZones": []}),
            ("without a template", {"LaunchTemplate": {}}), ("of an unknown template", {"LaunchTemplate": NO_TEMPLATE}),
            ("with a key of AWS", {"Tags": [{"Key": "aws:x", "Value": "1", "PropagateAtLaunch": True}]}),
            ("with the same key twice", {"Tags": [{"Key": "a", "Value": "1", "PropagateAtLaunch": True}] * 2})]):
        asked = {name: value for name, value in {**good, **change}.items() if value is not None}
        s.call(what, "CreateAutoScalingGroup", AutoScalingGroupName=f"impossible-{number}", **asked)
    s.call("without a name", "CreateAutoScalingGroup", **good)
    s.call("with a colon in its name", "CreateAutoScalingGroup", AutoScalingGroupName="im:possible", **good)
    s.call("with a name that is too long", "CreateAutoScalingGroup", AutoScalingGroupName="x" * 256, **good)
    s.call("with a banana", "CreateAutoScalingGroup", AutoScalingGroupName="banana", MinSize="banana", MaxSize=1,
           LaunchTemplate=own, AvailabilityZones=[ZONE])


def group_in_subnets(s):
    one, = launch(s)
    found = s.make("DescribeInstances", InstanceIds=[one])["Reservations"][0]["Instances"][0]
    subnet = found["SubnetId"]
    s.call("create", "CreateAutoScalingGroup", AutoScalingGroupName="subnets", LaunchTemplate=template(s, "of-subnets"),
           VPCZoneIdentifier=subnet, DesiredCapacity=1, **SIZES)
    s.settle()
    found = s.make("DescribeAutoScalingGroups", AutoScalingGroupNames=["subnets"])["AutoScalingGroups"][0]
    s.keep("its zones", " ".join(found["AvailabilityZones"]))
    s.keep("its subnets", str(found["VPCZoneIdentifier"] == subnet))


def group_deleted_with_instances(s):
    group(s, "deleted")
    s.call("delete", "DeleteAutoScalingGroup", AutoScalingGroupName="deleted")


def group_deleted_by_force(s):
    one, = group(s, "forced")
    s.call("delete", "DeleteAutoScalingGroup", AutoScalingGroupName="forced", ForceDelete=True)
    s.call("describe at once", "DescribeAutoScalingGroups", AutoScalingGroupNames=["forced"])
    s.call("change it now", "UpdateAutoScalingGroup", AutoScalingGroupName="forced", DesiredCapacity=2)
    s.settle()
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["forced"])
    state = s.make("DescribeInstances", InstanceIds=[one])["Reservations"][0]["Instances"][0]["State"]["Name"]
    s.keep("its instance", state)


def group_pages(s):
    names = [f"page-{number}" for number in range(3)]
    for name in names:
        group(s, name, size=0)
    asked = {"AutoScalingGroupNames": names, "MaxRecords": 2}
    first = s.make("DescribeAutoScalingGroups", **asked)
    s.keep("there are more groups", str(bool(first.get("NextToken"))))
    second = s.make("DescribeAutoScalingGroups", NextToken=first["NextToken"], **asked)
    seen = [own["AutoScalingGroupName"] for page in (first, second) for own in page["AutoScalingGroups"]]
    s.keep("each group once", str(sorted(seen) == names))
    s.keep("it ends", str("NextToken" not in second))
    s.call("a hundred groups", "DescribeAutoScalingGroups", AutoScalingGroupNames=["page-1"], MaxRecords=100)
    s.call("too large a page", "DescribeAutoScalingGroups", AutoScalingGroupNames=["page-1"], MaxRecords=101)
    s.call("an empty page", "DescribeAutoScalingGroups", AutoScalingGroupNames=["page-1"], MaxRecords=0)
    s.call("an unknown token", "DescribeAutoScalingGroups", NextToken="banana")
    s.call("too many names", "DescribeAutoScalingGroups", AutoScalingGroupNames=["page-1"] * 51)
    s.call("as many names as a page has", "DescribeAutoScalingGroups", AutoScalingGroupNames=["page-1"] * 51,
           MaxRecords=51)
    s.call("by tag", "DescribeAutoScalingGroups", Filters=by("tag-key", "handed-on"))


def group_instances(s):
    made = group(s, "instances", size=3)
    outside, = launch(s)
    s.settle()
    s.call("one", "DescribeAutoScalingInstances", InstanceIds=made[:1])
    s.call("one that is in no group", "DescribeAutoScalingInstances", InstanceIds=[outside])
    s.call("one that is there and one that is not", "DescribeAutoScalingInstances", InstanceIds=[made[1], NO_INSTANCE])
    s.call("a malformed id", "DescribeAutoScalingInstances", InstanceIds=["banana"])
    s.call("as many as may be named", "DescribeAutoScalingInstances", InstanceIds=[made[0]] + [NO_INSTANCE] * 49)
    s.call("too many", "DescribeAutoScalingInstances", InstanceIds=[NO_INSTANCE] * 51)
    asked = {"InstanceIds": made, "MaxRecords": 2}
    first = s.make("DescribeAutoScalingInstances", **asked)
    s.keep("there are more", str(bool(first.get("NextToken"))))
    second = s.make("DescribeAutoScalingInstances", NextToken=first.get("NextToken", ""), **asked)
    seen = [own["InstanceId"] for page in (first, second) for own in page["AutoScalingInstances"]]
    s.keep("each once", str(sorted(seen) == sorted(made)))
    s.call("too large a page", "DescribeAutoScalingInstances", InstanceIds=made, MaxRecords=51)
    s.call("an unknown token", "DescribeAutoScalingInstances", InstanceIds=made[:1], NextToken="banana")


def member_ended_in_its_group(s):
    one, = group(s, "ended", MinSize=1)
    outside, = launch(s)
    s.settle()
    end = "TerminateInstanceInAutoScalingGroup"
    s.call("and the group smaller than at least", end, InstanceId=one, ShouldDecrementDesiredCapacity=True)
    s.call("without a word of the group", end, InstanceId=one)
    s.call("nobody", end, ShouldDecrementDesiredCapacity=False)
    s.call("an unknown one", end, InstanceId=NO_INSTANCE, ShouldDecrementDesiredCapacity=False)
    s.call("one that is in no group", end, InstanceId=outside, ShouldDecrementDesiredCapacity=False)


def member_ended_and_replaced(s):
    one, = group(s, "replaced")
    s.call("end", "TerminateInstanceInAutoScalingGroup", InstanceId=one, ShouldDecrementDesiredCapacity=False)
    s.settle(600)
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["replaced"])
    s.keep("it has another", str(members(s, "replaced") not in ([], [one])))


def member_ended_and_not_replaced(s):
    one, = group(s, "smaller")
    s.call("end", "TerminateInstanceInAutoScalingGroup", InstanceId=one, ShouldDecrementDesiredCapacity=True)
    s.settle(600)
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["smaller"])


def member_lost(s):
    one, = group(s, "lost")
    s.call("terminate outside", "TerminateInstances", InstanceIds=[one])
    s.settle(600)
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["lost"])
    s.keep("it has another", str(members(s, "lost") not in ([], [one])))


def member_stopped(s):
    one, = group(s, "stopped")
    s.call("stop outside", "StopInstances", InstanceIds=[one])
    s.settle(600)
    s.keep("it has another", str(members(s, "stopped") not in ([], [one])))


def standby(s):
    one, = group(s, "standby")
    outside, = launch(s)
    s.settle()
    here = {"AutoScalingGroupName": "standby"}
    s.call("enter", "EnterStandby", InstanceIds=[one], ShouldDecrementDesiredCapacity=True, **here)
    s.settle()
    s.call("the member", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["standby"])
    s.call("exit", "ExitStandby", InstanceIds=[one], **here)
    s.settle()
    s.call("the member after", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("describe after", "DescribeAutoScalingGroups", AutoScalingGroupNames=["standby"])
    no = {"ShouldDecrementDesiredCapacity": False}
    s.call("enter from outside", "EnterStandby", InstanceIds=[outside], **no, **here)
    s.call("enter an unknown one", "EnterStandby", InstanceIds=[NO_INSTANCE], **no, **here)
    s.call("enter none", "EnterStandby", **no, **here)
    s.call("enter too many", "EnterStandby", InstanceIds=[NO_INSTANCE] * 21, **no, **here)
    s.call("exit too many", "ExitStandby", InstanceIds=[NO_INSTANCE] * 21, **here)
    s.call("enter of an unknown group", "EnterStandby", AutoScalingGroupName="nobody", InstanceIds=[one], **no)
    s.call("exit from outside", "ExitStandby", InstanceIds=[outside], **here)
    s.call("exit of an unknown group", "ExitStandby", AutoScalingGroupName="nobody", InstanceIds=[one])
    s.call("enter without a word of the group", "EnterStandby", InstanceIds=[one], **here)


def standby_left_without_being_entered(s):
    one, = group(s, "serving")
    s.call("exit", "ExitStandby", AutoScalingGroupName="serving", InstanceIds=[one])


def standby_entered_twice(s):
    one, = group(s, "twice")
    here = {"AutoScalingGroupName": "twice", "InstanceIds": [one], "ShouldDecrementDesiredCapacity": True}
    s.make("EnterStandby", **here)
    s.settle()
    s.call("enter again", "EnterStandby", **here)


def standby_of_the_last(s):
    one, = group(s, "last", MinSize=1)
    s.call("enter", "EnterStandby", AutoScalingGroupName="last", InstanceIds=[one],
           ShouldDecrementDesiredCapacity=True)


def standby_beyond_the_group(s):
    one, = group(s, "full", MaxSize=1)
    here = {"AutoScalingGroupName": "full", "InstanceIds": [one]}
    s.call("enter", "EnterStandby", ShouldDecrementDesiredCapacity=False, **here)
    s.settle()
    s.keep("it has another", str(len(members(s, "full"))))
    s.call("exit", "ExitStandby", **here)


def detached(s):
    one, = group(s, "detached")
    outside, = launch(s)
    s.settle()
    here = {"AutoScalingGroupName": "detached"}
    s.call("detach", "DetachInstances", InstanceIds=[one], ShouldDecrementDesiredCapacity=True, **here)
    s.settle()
    s.call("the member", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("the instance", "DescribeInstances", InstanceIds=[one])
    s.call("describe", "DescribeAutoScalingGroups", AutoScalingGroupNames=["detached"])
    no = {"ShouldDecrementDesiredCapacity": False}
    s.call("detach again", "DetachInstances", InstanceIds=[one], **no, **here)
    s.call("too many", "DetachInstances", InstanceIds=[NO_INSTANCE] * 21, **no, **here)
    s.call("from outside", "DetachInstances", InstanceIds=[outside], **no, **here)
    s.call("of an unknown group", "DetachInstances", AutoScalingGroupName="nobody", InstanceIds=[one], **no)
    s.call("none", "DetachInstances", **no, **here)


def detached_and_replaced(s):
    one, = group(s, "let-go")
    s.call("detach", "DetachInstances", AutoScalingGroupName="let-go", InstanceIds=[one],
           ShouldDecrementDesiredCapacity=False)
    s.settle()
    s.keep("it has another", str(members(s, "let-go") not in ([], [one])))


def detached_without_a_word(s):
    one, = group(s, "wordless")
    s.call("detach", "DetachInstances", AutoScalingGroupName="wordless", InstanceIds=[one])


def protocol_of_groups(s):
    def raw(what, body):
        s.raw(what, body, service="autoscaling")

    version = "Version=2011-01-01"
    raw("a good call", f"Action=DescribeAutoScalingInstances&{version}")
    raw("an unknown action", f"Action=Banana&{version}")
    raw("no action", version)
    raw("nothing", "")
    raw("no version", "Action=DescribeAutoScalingInstances")
    raw("another version", "Action=DescribeAutoScalingInstances&Version=2016-11-15")
    raw("an unknown parameter", f"Action=DescribeAutoScalingInstances&{version}&Banana=1")
    raw("a number that is none", f"Action=DescribeAutoScalingInstances&{version}&MaxRecords=banana")
    raw("a flag that is none", f"Action=TerminateInstanceInAutoScalingGroup&{version}&InstanceId={NO_INSTANCE}"
        "&ShouldDecrementDesiredCapacity=banana")


SCENARIOS = [
    groups, group_sizes, groups_that_cannot_be, group_in_subnets, group_deleted_with_instances,
    group_deleted_by_force, group_pages, group_instances, member_ended_in_its_group, member_ended_and_replaced,
    member_ended_and_not_replaced, member_lost, member_stopped, standby, standby_left_without_being_entered,
    standby_entered_twice, standby_of_the_last, standby_beyond_the_group, detached, detached_and_replaced,
    detached_without_a_word, protocol_of_groups,
]
