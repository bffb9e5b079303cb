"""Runs the built functions in Docker by `sam local invoke`, against moto.

    sam_local.py check FUNCTION EVENT    says what is wrong with the arguments, if anything
    sam_local.py invoke FUNCTION EVENT   one invocation, for people; the function from target/lambda/
    sam_local.py all                     every function with its files of events/; the functions from target/debug/

`sam local invoke` exits 0 even when the function failed, so what it printed is what counts.
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
FUNCTIONS = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
STAGE = ROOT / "target" / "sam-local"
HOST = "host.docker.internal"


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
    return sorted((ROOT / "events").glob(f"{function}-*.json"))


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
    """moto on the address that containers reach, on a free port; its URL for them."""
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
        yield f"http://{HOST}:{found.group(1)}"
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


def answer_of(ran):
    """The answer is the last line of standard output."""
    lines = [line for line in ran.stdout.splitlines() if line.strip()]
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return None


def fault_of(function, event, answer):
    """What is wrong with an answer from an empty EC2, if anything."""
    by_hand = event.name == "reconcile-by-hand.json"
    fleets = [{"fleet": "web", "slots": []}] if by_hand else []
    if not isinstance(answer, dict):
        return "no answer"
    if by_hand:
        for fleet in answer.get("fleets", []):
            codes = [finding.get("finding") for finding in fleet.pop("findings", [])]
            if codes != ["unmanaged-fleet"]:
                return f"the findings are {codes}"
    expected = {"trigger": function, "dry_run": by_hand, "fleets": fleets}
    return None if answer == expected else f"expected {json.dumps(expected)}"


def run_all():
    template = stage({function: ROOT / "target" / "debug" / function for function in FUNCTIONS})
    passed, failed = 0, 0
    with local_ec2() as endpoint:
        for function in FUNCTIONS:
            events = events_of(function)
            if not events:
                print(f"FAILED {function}: it has no file in events/")
                failed += 1
            for event in events:
                ran = invoke(template, function, event, endpoint)
                answer = answer_of(ran)
                fault = fault_of(function, event, json.loads(json.dumps(answer)))
                if fault is None:
                    passed += 1
                    print(f"passed {event.name}: {json.dumps(answer)}")
                else:
                    failed += 1
                    print(f"FAILED {event.name}: {fault}\n{ran.stdout}\n{ran.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def run_one(function, event):
    template = stage({function: ROOT / "target" / "lambda" / function / "bootstrap"})
    # Another function of the template has no code here, which SAM does not mind.
    with local_ec2() as endpoint:
        ran = invoke(template, function, ROOT / event, endpoint)
    print(ran.stderr, file=sys.stderr)
    print(ran.stdout)
    answer = answer_of(ran)
    if not isinstance(answer, dict) or "errorType" in answer:
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
