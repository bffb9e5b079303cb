"""Systems Manager: the drain document, sent and listed as Holdfast does."""

from script.scene import NO_INSTANCE, create, launch


def commands(s):
    one, _ = launch(s, count=2)
    volume = create(s)
    s.settle()
    s.make("AttachVolume", VolumeId=volume, InstanceId=one, Device="/dev/sdf")
    s.settle()
    drain = {"DocumentName": "Drain", "InstanceIds": [one], "Parameters": {"volumes": [volume]}, "TimeoutSeconds": 30}
    since = [{"key": "InvokedAfter", "value": "2020-01-01T00:00:00Z"}]
    s.call("list none", "ListCommands", InstanceId=one, Filters=since, MaxResults=50)
    s.call("send", "SendCommand", **drain)
    s.settle()
    s.call("list", "ListCommands", InstanceId=one, Filters=since, MaxResults=50)
    later = [{"key": "InvokedAfter", "value": "2099-01-01T00:00:00Z"}]
    s.call("list of a later time", "ListCommands", InstanceId=one, Filters=later)
    s.call("list of an unknown instance", "ListCommands", InstanceId=NO_INSTANCE)
    for what, change in [
            ("an unknown document", {"DocumentName": "Nothing"}),
            ("an unknown instance", {"InstanceIds": [NO_INSTANCE]}),
            ("no document", {"DocumentName": None}), ("too short a time", {"TimeoutSeconds": 29}),
            ("an unknown parameter", {"Parameters": {"volumes": [volume], "colour": ["red"]}}),
            ("a volume that is none", {"Parameters": {"volumes": ["banana"]}}),
            ("no volume", {"Parameters": {}})]:
        asked = {name: value for name, value in {**drain, **change}.items() if value is not None}
        s.call(f"send {what}", "SendCommand", **asked)
    s.call("list by an unknown filter", "ListCommands", Filters=[{"key": "Colour", "value": "red"}])
    s.call("list by a time that is none", "ListCommands", Filters=[{"key": "InvokedAfter", "value": "banana"}])
    s.call("list an empty page", "ListCommands", InstanceId=one, MaxResults=0)
    s.call("list too large a page", "ListCommands", InstanceId=one, MaxResults=51)
    s.call("list an unknown token", "ListCommands", InstanceId=one, NextToken="banana")


def command_to_the_dead(s):
    one, = launch(s)
    s.settle()
    s.make("TerminateInstances", InstanceIds=[one])
    s.settle()
    s.call("send", "SendCommand", DocumentName="Drain", InstanceIds=[one],
           Parameters={"volumes": ["vol-0000000000000beef"]})


SCENARIOS = [commands, command_to_the_dead]
