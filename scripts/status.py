"""Prints who holds what, as a table: the dry run of a stack's sweep, by `sam remote invoke`.

    status.py STACK [FLEET]

Nothing is changed. The report's keys are those of README.md; docs/operations.md tells what states and findings mean.
"""

import datetime
import json
import os
import subprocess
import sys

COLUMNS = ("FLEET", "SLOT", "STATE", "HOLDER", "ZONE", "SINCE", "LAST HANDOVER", "FINDINGS")
NOTHING = "No volume and no Elastic IP is tagged holdfast:fleet in this region, so there is no slot."
# Enough of what somebody else said to know it by.
EXCERPT = 1000


class Failure(Exception):
    """Why there is no table, and what to do."""


def report_of(stack, fleet=None):
    """The report of the stack's sweep, of all fleets or of one."""
    event = {"dry_run": True} | ({"fleet": fleet} if fleet else {})
    command = ["sam", "remote", "invoke", "Reconcile", "--stack-name", stack]
    command += ["--event", json.dumps(event), "--output", "json"]
    # Without the option sam takes the region of the last deployment, whatever the environment says.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    command += ["--region", region] if region else []
    try:
        ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise Failure(f"cannot run sam ({error}): make status installs it and finds it") from error
    if ran.returncode != 0:
        said = (ran.stderr.strip() or ran.stdout.strip())[-EXCERPT:]
        question = f"sam could not invoke the sweep of the stack `{stack}`; is it the right name, region, account?"
        raise Failure(f"{question}\n{said}")
    response = parsed(ran.stdout, "sam's answer")
    answer = parsed(response.get("Payload"), "the function's answer")
    if "FunctionError" in response or "errorType" in answer:
        kind, message = answer.get("errorType", response.get("FunctionError")), answer.get("errorMessage", "")
        raise Failure(f"the sweep failed: {kind}: {message}\nWhat to do: docs/operations.md, Errors")
    if not isinstance(answer.get("fleets"), list):
        raise Failure(f"the function's answer is no report: {json.dumps(answer)[:EXCERPT]}")
    return answer


def parsed(text, what):
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise Failure(f"{what} is no JSON object: {str(text)[:EXCERPT]!r}")
    return value


def table(report, now):
    """The lines to print."""
    rows = [COLUMNS]
    notes = []
    for fleet in report["fleets"]:
        for slot in fleet["slots"]:
            rows.append(row(fleet["fleet"], slot, now))
            notes += notes_of(f"{fleet['fleet']}/{slot['slot']}", slot)
        notes += notes_of(fleet["fleet"], fleet)
    if len(rows) == 1 and not notes:
        return [NOTHING]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    lines = (lines if len(rows) > 1 else []) + list(dict.fromkeys(notes))
    # Tags are whatever somebody wrote, and this goes to a terminal.
    return ["".join(letter if letter.isprintable() else "?" for letter in line) for line in lines]


def row(fleet, slot, now):
    since = slot.get("since")
    moment = datetime.datetime.fromisoformat(since.replace("Z", "+00:00")) if since else None
    findings = ", ".join(dict.fromkeys(finding["finding"] for finding in slot["findings"]))
    return (
        fleet,
        slot["slot"],
        slot["state"],
        slot.get("holder") or "-",
        slot.get("zone") or "-",
        moment.strftime("%Y-%m-%d %H:%M:%SZ") if moment else "-",
        age(now - moment) if moment else "-",
        findings or "-",
    )


def notes_of(name, place):
    """What does not fit in a table: what would be done, and what the findings say."""
    steps = [f"{name} would {step_of(step)}" for step in place.get("steps", [])]
    return steps + [f"{name}: {finding['message']}" for finding in place.get("findings", [])]


def step_of(step):
    about = step.get("volume") or step.get("address")
    words = [step["step"]] + ([about] if about else []) + ([step["instance"]] if step.get("instance") else [])
    return " ".join(words)


def age(time):
    """In the two largest units, such as `3 d 4 h ago`."""
    seconds = max(int(time.total_seconds()), 0)
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count or first == 3) + " ago"


def main(arguments):
    stack, fleet = (arguments + ["", ""])[:2]
    if not stack:
        print("make status: say which stack: make status STACK=holdfast", file=sys.stderr)
        return 2
    try:
        report = report_of(stack, fleet)
    except Failure as failure:
        print(f"make status: {failure}", file=sys.stderr)
        return 1
    print("\n".join(table(report, datetime.datetime.now(datetime.timezone.utc))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
