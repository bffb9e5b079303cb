"""Lifecycle hooks: put and deleted, and what an instance waits for."""

from script.scene import NO_INSTANCE, group

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
NO_TOKEN = "11111111-2222-3333-4444-555555555555"


def hook(name, transition, **more):
    return {"LifecycleHookName": name, "LifecycleTransition": transition, **more}


def hooks(s):
    group(s, "hooked", size=0)
    here = {"AutoScalingGroupName": "hooked"}
    whole = hook("holdfast-terminate", TERMINATING, HeartbeatTimeout=300, DefaultResult="CONTINUE",
                 NotificationMetadata="more")
    s.call("describe none", "DescribeLifecycleHooks", **here)
    s.call("put", "PutLifecycleHook", **whole, **here)
    s.call("put another", "PutLifecycleHook", **hook("holdfast-launch", LAUNCHING), **here)
    s.call("describe", "DescribeLifecycleHooks", **here)
    s.call("by name", "DescribeLifecycleHooks", LifecycleHookNames=["holdfast-launch"], **here)
    s.call("by an unknown name", "DescribeLifecycleHooks", LifecycleHookNames=["nobody"], **here)
    s.call("by too many names", "DescribeLifecycleHooks", LifecycleHookNames=["nobody"] * 51, **here)
    s.call("of an unknown group", "DescribeLifecycleHooks", AutoScalingGroupName="nobody")
    s.call("of nobody", "DescribeLifecycleHooks")
    s.call("delete", "DeleteLifecycleHook", LifecycleHookName="holdfast-launch", **here)
    s.call("describe after", "DescribeLifecycleHooks", **here)
    s.call("delete again", "DeleteLifecycleHook", LifecycleHookName="holdfast-launch", **here)
    s.call("delete of an unknown group", "DeleteLifecycleHook", LifecycleHookName="x", AutoScalingGroupName="nobody")
    s.call("delete no hook", "DeleteLifecycleHook", **here)


def hook_changed(s):
    group(s, "rehooked", size=0)
    here = {"AutoScalingGroupName": "rehooked"}
    s.make("PutLifecycleHook", **hook("down", TERMINATING, HeartbeatTimeout=300), **here)
    s.call("only its result", "PutLifecycleHook", LifecycleHookName="down", DefaultResult="CONTINUE", **here)
    s.call("describe", "DescribeLifecycleHooks", **here)


def hooks_that_cannot_be(s):
    group(s, "unhooked", size=0)
    here = {"AutoScalingGroupName": "unhooked"}
    for what, asked in [
            ("without a transition", {"LifecycleHookName": "a"}), ("of an unknown transition", hook("b", "banana")),
            ("with an unknown result", hook("c", LAUNCHING, DefaultResult="PRAY")),
            ("too short", hook("d", LAUNCHING, HeartbeatTimeout=29)),
            ("too long", hook("e", LAUNCHING, HeartbeatTimeout=7201)),
            ("with a blank in its name", hook("f f", LAUNCHING)),
            ("without a name", {"LifecycleTransition": LAUNCHING}),
            ("with a timeout that is none", hook("g", LAUNCHING, HeartbeatTimeout="banana"))]:
        s.call(what, "PutLifecycleHook", **asked, **here)
    s.call("of an unknown group", "PutLifecycleHook", AutoScalingGroupName="nobody", **hook("h", LAUNCHING))
    s.call("of nobody", "PutLifecycleHook", **hook("i", LAUNCHING))


def fifty_hooks(s):
    group(s, "fifty", size=0)
    for number in range(50):
        s.make("PutLifecycleHook", AutoScalingGroupName="fifty", **hook(f"hook-{number}", LAUNCHING))
    s.call("one more", "PutLifecycleHook", AutoScalingGroupName="fifty", **hook("more", LAUNCHING))


def launch_that_waits(s):
    """A group with a hook from its beginning."""
    one, = group(s, "waits", LifecycleHookSpecificationList=[
        hook("up", LAUNCHING, HeartbeatTimeout=7200, DefaultResult="ABANDON")])
    s.call("the hook", "DescribeLifecycleHooks", AutoScalingGroupName="waits")
    s.call("waits", "DescribeAutoScalingInstances", InstanceIds=[one])
    action = {"AutoScalingGroupName": "waits", "LifecycleHookName": "up", "InstanceId": one}
    s.call("heartbeat", "RecordLifecycleActionHeartbeat", **action)
    for what, change in [
            ("an unknown group", {"AutoScalingGroupName": "nobody"}),
            ("an unknown hook", {"LifecycleHookName": "down"}),
            ("an unknown instance", {"InstanceId": NO_INSTANCE}), ("a malformed instance", {"InstanceId": "banana"}),
            ("an unknown token", {"LifecycleActionToken": NO_TOKEN}), ("no group", {"AutoScalingGroupName": ""}),
            ("a malformed token", {"LifecycleActionToken": "banana"}),
            ("no hook", {"LifecycleHookName": ""}), ("no instance", {"InstanceId": ""})]:
        asked = {name: value for name, value in {**action, **change}.items() if value}
        s.call(f"heartbeat of {what}", "RecordLifecycleActionHeartbeat", **asked)
        s.call(f"complete of {what}", "CompleteLifecycleAction", LifecycleActionResult="CONTINUE", **asked)
    s.call("complete with an unknown result", "CompleteLifecycleAction", LifecycleActionResult="PRAY", **action)
    s.call("complete without a result", "CompleteLifecycleAction", **action)
    s.call("complete", "CompleteLifecycleAction", LifecycleActionResult="CONTINUE", **action)
    s.settle()
    s.call("in service", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("complete again", "CompleteLifecycleAction", LifecycleActionResult="CONTINUE", **action)
    s.call("heartbeat after", "RecordLifecycleActionHeartbeat", **action)


def launch_given_up(s):
    one, = group(s, "given-up", LifecycleHookSpecificationList=[hook("up", LAUNCHING, HeartbeatTimeout=7200)])
    s.call("complete", "CompleteLifecycleAction", AutoScalingGroupName="given-up", LifecycleHookName="up",
           InstanceId=one, LifecycleActionResult="ABANDON")
    s.settle()
    s.call("the member", "DescribeAutoScalingInstances", InstanceIds=[one])


def end_that_waits(s):
    one, = group(s, "ends")
    s.make("PutLifecycleHook", AutoScalingGroupName="ends", **hook("down", TERMINATING, HeartbeatTimeout=7200))
    s.call("end", "TerminateInstanceInAutoScalingGroup", InstanceId=one, ShouldDecrementDesiredCapacity=True)
    s.settle()
    s.call("waits", "DescribeAutoScalingInstances", InstanceIds=[one])
    s.call("runs", "DescribeInstances", InstanceIds=[one])
    action = {"AutoScalingGroupName": "ends", "LifecycleHookName": "down", "InstanceId": one}
    s.call("heartbeat", "RecordLifecycleActionHeartbeat", **action)
    s.call("complete", "CompleteLifecycleAction", LifecycleActionResult="CONTINUE", **action)
    s.settle()
    s.call("is gone", "DescribeAutoScalingInstances", InstanceIds=[one])


SCENARIOS = [
    hooks, hook_changed, hooks_that_cannot_be, fifty_hooks, launch_that_waits, launch_given_up, end_that_waits,
]
