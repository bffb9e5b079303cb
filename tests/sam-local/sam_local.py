"""Runs the built functions in Docker by `sam local invoke`, against moto.

    sam_local.py check FUNCTION EVENT    says what is wrong with the arguments, if anything
    sam_local.py invoke FUNCTION EVENT   one invocation, for people; the function from target/lambda/
    sam_local.py all                     every function with its files of events/; the functions from target/debug/

moto's EC2 has one instance of the fleet `web`, a volume and an address for it. That instance stands in for the one that
the files of events/ name, and a warning is of now. `sam local invoke` exits 0 even when the function failed, so what
it printed, and what EC2 says afterwards, is what counts.
"""

import contextlib
import ipaddress
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
FUNCTIONS = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
STAGE = ROOT / "target" / "sam-local"
HOST = "host.docker.internal"
SAMPLE = "i-0123456789abcdef0"
# What announces that an instance may go, and is written down; an old one is not.
WARNINGS = ("spot-interruption-warning", "rebalance-recommendation", "lifecycle-action-terminate")
ZONE = "us-east-1a"


def logical_id(function):
    return "".join(word.capitalize() for word in function.split("-"))


def complaint(function, event):
    """What is wrong with the arguments, and how to mend it."""
    if function not in FUNCTIONS:
        return f"FUNCTION is `{function}`: it must be one of {', '.join(FUNCTIONS)}"
    if not event or not (ROOT / event).is_file():
        samples = ", ".join(f"events/{path.name}" for path in events_of(function))
        return f"EVENT is `{event}`, which is no file: try one of {samples}"
    return None


def events_of(function):
    return sorted((ROOT / "events").glob(f"{function}*.json"))


def stage(binaries):
    """The template with each function's code where it was built, so that SAM runs exactly that binary."""
    shutil.rmtree(STAGE, ignore_errors=True)
    STAGE.mkdir(parents=True)
    template = (ROOT / "template.yaml").read_text()
    template = re.sub(r"\n    Metadata:\n      BuildMethod: .*\n      BuildProperties: .*", "", template)
    for function, binary in binaries.items():
        folder = STAGE / function
        folder.mkdir()
        shutil.copy(binary, folder / "bootstrap")
        anchor = f"\n      FunctionName: !Sub ${{AWS::StackName}}-{function}\n"
        if anchor not in template:
            sys.exit(f"sam_local.py: template.yaml has no line `{anchor.strip()}`; correct this script")
        template = template.replace(anchor, f"\n      CodeUri: {folder}{anchor}")
    (STAGE / "template.yaml").write_text(template)
    return STAGE / "template.yaml"


@contextlib.contextmanager
def local_ec2():
    """moto on the address that containers reach, on a free port; its URL for them, and here."""
    command = ["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Subnet}}"]
    inspected = subprocess.run(command, capture_output=True, text=True)
    if inspected.returncode != 0:
        sys.exit(f"sam_local.py: no Docker engine answers; start it and try again\n{inspected.stderr}")
    # The host has the first address of the bridge's subnet.
    address = str(next(ipaddress.ip_network(inspected.stdout.strip()).hosts()))
    log_path = STAGE / "moto.log"
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    with log_path.open("w") as log:
        server = subprocess.Popen(
            [BIN / "moto_server", "-H", address, "-p", "0"], stdout=log, stderr=subprocess.STDOUT, env=environment
        )
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"Running on http://[^:]+:(\d+)\n", log_path.read_text())):
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"sam_local.py: moto does not start\n{log_path.read_text()}")
            time.sleep(0.1)
        yield f"http://{HOST}:{found.group(1)}", f"http://{address}:{found.group(1)}"
    finally:
        server.terminate()
        server.wait()


def invoke(template, function, event, endpoint):
    """What SAM printed: the answer on standard output, the function's log on standard error."""
    variables = STAGE / "env.json"
    variables.write_text(json.dumps({"Parameters": {"AWS_ENDPOINT_URL_EC2": endpoint}}))
    command = [
        BIN / "sam", "local", "invoke", logical_id(function), "--template", template, "--event", event,
        "--env-vars", variables, "--parameter-overrides", f"Architecture={ARCHITECTURE}",
        "--skip-pull-image", "--add-host", f"{HOST}:host-gateway", "--region", "us-east-1",
    ]  # fmt: skip
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)


class World:
    """An instance of the fleet `web`, a volume and an address for it, in an EC2 that has nothing else."""

    def __init__(self, url):
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=url, **keys)
        zone = [{"Name": "availability-zone", "Values": [ZONE]}]
        subnet = self.ec2.describe_subnets(Filters=zone)["Subnets"][0]["SubnetId"]
        # Without a public address that EC2 lends out: moto says that it belongs to the account.
        interface = {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False}
        started = self.ec2.run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1,
            NetworkInterfaces=[interface], TagSpecifications=self.tagged("instance"),
        )  # fmt: skip
        self.instance = started["Instances"][0]["InstanceId"]
        volume = self.ec2.create_volume(AvailabilityZone=ZONE, Size=8, TagSpecifications=self.tagged("volume"))
        self.volume = volume["VolumeId"]
        self.address = self.ec2.allocate_address(TagSpecifications=self.tagged("elastic-ip"))["AllocationId"]

    @staticmethod
    def tagged(kind):
        return [{"ResourceType": kind, "Tags": [{"Key": "holdfast:fleet", "Value": "web"}]}]

    def event(self, path):
        """A sample event about this world's instance, and where it warns, of now."""
        text = path.read_text().replace(SAMPLE, self.instance)
        if path.name.startswith(WARNINGS):
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            text = re.sub(r'"time": "[^"]*"', f'"time": "{now}"', text)
        (STAGE / "event.json").write_text(text)
        return STAGE / "event.json"

    def is_held(self):
        """Whether the instance has the volume and the address, asked of EC2."""
        volume = self.ec2.describe_volumes(VolumeIds=[self.volume])["Volumes"][0]
        address = self.ec2.describe_addresses(AllocationIds=[self.address])["Addresses"][0]
        attached = [attachment["InstanceId"] for attachment in volume["Attachments"]]
        instance = self.ec2.describe_instances(InstanceIds=[self.instance])["Reservations"][0]["Instances"][0]
        interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
        return attached == [self.instance] and address.get("NetworkInterfaceId") == interface

    def is_marked(self):
        """Whether the instance is marked as draining, asked of EC2."""
        instance = self.ec2.describe_instances(InstanceIds=[self.instance])["Reservations"][0]["Instances"][0]
        return any(tag["Key"] == "holdfast:draining" for tag in instance["Tags"])


def answer_of(ran):
    """The answer is the last line of standard output."""
    lines = [line for line in ran.stdout.splitlines() if line.strip()]
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def told(answer):
    """Of an answer: the function, the slots with their states, and all steps with their outcomes."""
    fleets = answer.get("fleets", [])
    slots = [slot for fleet in fleets for slot in fleet["slots"]]
    steps = [step for place in fleets + slots for step in place.get("steps", [])]
    return {
        "trigger": answer.get("trigger"),
        "dry_run": answer.get("dry_run"),
        "slots": [f"{slot['slot']} {slot['state']}" for slot in slots],
        "steps": [f"{step['step']} {step['outcome']}" for step in steps],
    }


def fault_of(function, event, answer, world):
    """What is wrong with an answer, or with what EC2 says after it, if anything."""
    if answer is None:
        return "no answer"
    by_hand, marked = event.name == "reconcile-by-hand.json", event.name.startswith(WARNINGS)
    # An instance that EC2 merely recommends to replace may still take a slot.
    warned = marked and function != "rebalance-recommendation"
    outcome = "planned" if by_hand else "done"
    moves = [f"attach-volume {outcome}", f"associate-address {outcome}"]
    expected = {
        "trigger": function,
        "dry_run": by_hand,
        "slots": ["main waiting" if marked else "main held" if not by_hand else "main moving"],
        "steps": ["mark-draining done"] * marked + moves * (not warned),
    }
    if told(answer) != expected:
        return f"it told {told(answer)}; expected {expected}"
    if world.is_held() != (not by_hand and not warned):
        return "EC2 says otherwise of the volume and the address"
    if world.is_marked() != marked:
        return "EC2 says otherwise of the tag holdfast:draining"
    return None


def run_all():
    template = stage({function: ROOT / "target" / "debug" / function for function in FUNCTIONS})
    faults = []
    with local_ec2() as (endpoint, url):
        for function in FUNCTIONS:
            for event in events_of(function) or [ROOT / "events" / f"{function}-….json"]:
                faults.append(run_file(template, function, event, endpoint, url))
            faults.append(run_foreign(template, function, endpoint, url))
    failed = sum(faults)
    print(f"{len(faults) - failed} passed, {failed} failed")
    return 1 if failed or not faults else 0


def run_file(template, function, event, endpoint, url):
    if not event.exists():
        print(f"FAILED {function}: it has no file in events/")
        return True
    world = World(url)
    ran = invoke(template, function, world.event(event), endpoint)
    answer = answer_of(ran)
    return tell(event.name, fault_of(function, event, answer, world), ran, answer)


def run_foreign(template, function, endpoint, url):
    """What is no event of the function: a named error, and a check that errors are seen here."""
    world = World(url)
    (STAGE / "event.json").write_text('{"detail-type": "somebody else\'s"}')
    ran = invoke(template, function, STAGE / "event.json", endpoint)
    answer = answer_of(ran)
    kind = (answer or {}).get("errorType")
    fault = None if kind == "InvalidEvent" else f"the error's type is {kind}"
    return tell(f"{function} with a foreign event", fault or (world.is_held() and "it moved something"), ran, answer)


def tell(name, fault, ran, answer):
    if fault:
        print(f"FAILED {name}: {fault}\n{ran.stdout}\n{ran.stderr}", flush=True)
    else:
        gist = answer.get("errorType") or ", ".join(told(answer)["steps"] + told(answer)["slots"])
        print(f"passed {name}: {gist}", flush=True)
    return bool(fault)


def run_one(function, event):
    # Another function of the template has no code here, which SAM does not mind.
    template = stage({function: ROOT / "target" / "lambda" / function / "bootstrap"})
    with local_ec2() as (endpoint, url):
        world = World(url)
        print(f"EC2 has the instance {world.instance}, which stands in for {SAMPLE},", file=sys.stderr)
        print(f"and {world.volume} and {world.address} for its fleet `web`.", file=sys.stderr, flush=True)
        ran = invoke(template, function, world.event(ROOT / event), endpoint)
    print(ran.stderr, file=sys.stderr)
    print(ran.stdout)
    answer = answer_of(ran)
    if answer is None or "errorType" in answer:
        print("the function failed; its log is above", file=sys.stderr)
        return 1
    return 0


def main(arguments):
    match arguments:
        case ["check", function, event]:
            problem = complaint(function, event)
            if problem:
                print(f"make invoke: {problem}", file=sys.stderr)
            return 2 if problem else 0
        case ["invoke", function, event]:
            return run_one(function, event)
        case ["all"]:
            return run_all()
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
