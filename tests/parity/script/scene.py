"""What scenarios set their scenes with."""

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


def found_by(s, name, value):
    """How many instances a filter finds."""
    answer = s.make("DescribeInstances", Filters=by(name, value))
    return str(sum(len(some["Instances"]) for some in answer["Reservations"]))


def template(s, name):
    """What a launch template is named by."""
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    made = s.make("CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=data)
    return {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]}


def group(s, name, size=1, **more):
    """An Auto Scaling group of as many instances, at most four, in one zone."""
    sizes = {"MinSize": 0, "MaxSize": 4, "DesiredCapacity": size}
    s.make("CreateAutoScalingGroup", AutoScalingGroupName=name, LaunchTemplate=template(s, f"of-{name}"),
           **{**sizes, "AvailabilityZones": [ZONE], **more})
    s.settle()
    return members(s, name)


def members(s, name):
    """The instances of a group, in the order in which their names are given."""
    found = s.make("DescribeAutoScalingGroups", AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return [member["InstanceId"] for own in found for member in own["Instances"]]
