"""Parity: one script of calls against the strict local EC2 and against moto, which nobody here wrote.

Every answer is compared. A difference has to stand in differences.yaml, with who is right and the page of AWS, or the
text seen in the wild, that says so. One that does not stand there fails, and so does one that stands there and is gone
or has changed.

    parity.py PROGRAM [--write]

PROGRAM is the local EC2. `--write` prints the entries that differences.yaml lacks, to be filled in.
"""

import os
import re
import sys
import urllib.error
import urllib.request

import botocore.exceptions
import botocore.parsers
import yaml

import answers
import script
import servers

HERE = os.path.dirname(os.path.abspath(__file__))
RIGHT = {"local EC2", "moto", "unknown"}


class Side:
    """The script's hand on one server. Each call is kept with what it was answered."""

    def __init__(self, server):
        self.server = server
        self.scenario = ""
        self.names = answers.Names()
        self.outcomes = {}
        self.actions = set()

    def begin(self, scenario):
        self.scenario = scenario
        self.names = answers.Names()

    def make(self, action, **parameters):
        """Calls what has to succeed, to set a scene: another scenario compares it."""
        answer = self.server.ask(action, parameters)
        answers.told(action, answer, self.names)
        return answer

    def call(self, what, action, **parameters):
        """Calls, and gives the answer; an empty one if the call was refused."""
        self.actions.add(action)
        try:
            answer = self.server.ask(action, parameters)
        except botocore.exceptions.ClientError as error:
            said, http = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            self.keep(what, f"{said['Code']} ({http})" if http < 500 else f"HTTP {http}")
            return {}
        except botocore.parsers.ResponseParserError:
            self.keep(what, "a page that is no answer of EC2's")
            return {}
        self.keep(what, answers.told(action, answer, self.names))
        return answer

    def raw(self, what, body, service="ec2"):
        """Sends a body as it is, and keeps the code of the error."""
        scope = f"20261123/us-east-1/{service}/aws4_request"
        head = {"Content-Type": "application/x-www-form-urlencoded",
                "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIAPARITY/{scope}, SignedHeaders=host, Signature=0"}
        request = urllib.request.Request(self.server.url, data=body.encode(), headers=head, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.keep(what, f"accepted ({answer.status})")
        except urllib.error.HTTPError as error:
            code = re.search("<Code>(.*?)</Code>", error.read().decode(errors="replace"))
            self.keep(what, f"{code.group(1) if code else 'no code'} ({error.code})")

    def keep(self, what, outcome):
        name = f"{self.scenario}: {what}"
        assert name not in self.outcomes, f"two calls are named `{name}`"
        self.outcomes[name] = outcome

    def settle(self, seconds=200):
        self.server.pass_time(seconds)


def play(server):
    side = Side(server)
    try:
        for scenario in script.SCENARIOS:
            side.begin(scenario.__name__.replace("_", " "))
            scenario(side)
    finally:
        server.end()
    return side


def actions_of_the_local_ec2():
    """The names of all its actions: EC2's, those of Auto Scaling, and those of Systems Manager."""
    names = set()
    for file, block, name in [("actions.rs", r"^actions! \{(.*?)^\}", r"(\w+) =>"),
                              ("autoscaling.rs", r"^pub const NAMES(.*?)^\];", r'"(\w+)"'),
                              ("ssm.rs", r"^pub const NAMES(.*?)\];", r'"(\w+)"')]:
        with open(os.path.join(servers.ROOT, "tests/local-ec2/src", file), encoding="utf-8") as source:
            block = re.search(block, source.read(), re.MULTILINE | re.DOTALL)
        names.update(re.findall(name, block.group(1)))
    return names


def listed():
    """The differences on the list by call, how many of them nobody decides, and what is wrong with the list."""
    with open(os.path.join(HERE, "differences.yaml"), encoding="utf-8") as file:
        entries = yaml.safe_load(file)
    faults, by_call, undecided = [], {}, 0
    for entry in entries:
        if entry.get("right") not in RIGHT or not entry.get("because"):
            faults.append(f"differences.yaml: {list(entry['calls'])}: say who is `right`, and `because` of what")
        undecided += len(entry["calls"]) if entry.get("right") == "unknown" else 0
        for call, (local, moto) in entry["calls"].items():
            if call in by_call:
                faults.append(f"differences.yaml: `{call}` is listed twice")
            by_call[call] = (local, moto)
    return by_call, undecided, faults


def compare(strict, moto, by_call):
    """What is wrong, how many calls differ, and the differences that do not stand on the list."""
    faults, differing, unlisted = [], 0, {}
    for call, local in strict.outcomes.items():
        other = moto.outcomes[call]
        if local == other:
            if call in by_call:
                faults.append(f"{call}: is listed as a difference, and is none any more: {local}")
            continue
        differing += 1
        found = answers.apart(local, other)
        if call not in by_call:
            unlisted[call] = list(found)
        if by_call.get(call) != found:
            what = "differs in another way than listed" if call in by_call else "differs, and is not listed"
            faults.append(f"{call}: {what}\n    local EC2  {found[0]}\n    moto       {found[1]}")
    faults += [f"{call}: is listed, and the script has no such call" for call in by_call if call not in strict.outcomes]
    return faults, differing, unlisted


def main():
    program = next((word for word in sys.argv[1:] if not word.startswith("--")), None)
    if program is None or not os.path.exists(program):
        raise SystemExit(f"no local EC2 at {program}: run `make parity`, which builds it")
    strict, moto = play(servers.Strict(program)), play(servers.Moto())
    assert list(strict.outcomes) == list(moto.outcomes), "the script made other calls to the one than to the other"
    by_call, undecided, faults = listed()
    more, differing, unlisted = compare(strict, moto, by_call)
    faults += more
    not_called = actions_of_the_local_ec2() - strict.actions
    faults += [f"{action}: the script never calls it" for action in sorted(not_called)]
    if "--write" in sys.argv:
        print(yaml.safe_dump({"calls": unlisted}, sort_keys=False, width=1000, allow_unicode=True))
    for fault in faults:
        print(fault)
    same = len(strict.outcomes) - differing
    print(f"parity: {len(strict.outcomes)} calls of {len(strict.actions)} actions, {same} answered the same, "
          f"{differing} differently, of them {undecided} where no text says who is right, {len(unlisted)} unlisted; {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
