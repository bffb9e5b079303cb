"""The table of `make status`, from a fixed report, and what it says when there is none. A script stands in for sam."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import status

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2026, 11, 25, 12, 0, 0, tzinfo=datetime.timezone.utc)
NO_CANDIDATE = {"finding": "no-candidate", "message": "no candidate: the slot needs a healthy instance in us-east-1b"}
ATTACH = {
    "step": "attach-volume", "volume": "vol-0a", "instance": "i-0b", "device": "/dev/sdf", "outcome": "planned",
}  # fmt: skip
REPORT = {
    "trigger": "reconcile", "dry_run": True,
    "fleets": [
        {"fleet": "sfr-1", "slots": [
            {"slot": "main", "state": "held", "holder": "i-0123456789abcdef0", "zone": "us-east-1a",
             "since": "2026-11-22T08:30:05.25Z", "steps": [], "findings": []},
            {"slot": "address", "state": "held", "holder": "i-0c", "steps": [], "findings": []}]},
        {"fleet": "web", "slots": [
            {"slot": "main", "state": "waiting", "holder": None, "zone": "us-east-1b", "steps": [],
             "findings": [NO_CANDIDATE, NO_CANDIDATE]},
            {"slot": "new", "state": "moving", "holder": None, "zone": "us-east-1a", "steps": [ATTACH],
             "findings": []}],
         "findings": [{"finding": "several-fleets", "message": "i-0d is claimed by two"}]},
    ],
}  # fmt: skip
TABLE = """\
FLEET  SLOT     STATE    HOLDER               ZONE        SINCE                 LAST HANDOVER  FINDINGS
sfr-1  main     held     i-0123456789abcdef0  us-east-1a  2026-11-22 08:30:05Z  3 d 3 h ago    -
sfr-1  address  held     i-0c                 -           -                     -              -
web    main     waiting  -                    us-east-1b  -                     -              no-candidate
web    new      moving   -                    us-east-1a  -                     -              -
web/main: no candidate: the slot needs a healthy instance in us-east-1b
web/new would attach-volume vol-0a i-0b
web: i-0d is claimed by two"""


class Table(unittest.TestCase):
    def test_every_slot_has_a_line_and_every_finding_its_message(self):
        self.assertEqual("\n".join(status.table(REPORT, NOW)), TABLE)

    def test_without_slots_it_says_so(self):
        self.assertEqual(status.table({"fleets": []}, NOW), [status.NOTHING])

    def test_a_fleet_of_which_nothing_is_tagged_has_its_finding_alone(self):
        finding = {"finding": "unmanaged-fleet", "message": "check the name"}
        unmanaged = {"fleet": "wbe", "slots": [], "findings": [finding]}
        self.assertEqual(status.table({"fleets": [unmanaged]}, NOW), ["wbe: check the name"])

    def test_a_tag_cannot_steer_the_terminal(self):
        slot = {"slot": "\x1b[2Jmain", "state": "paused", "holder": None, "steps": [], "findings": []}
        lines = status.table({"fleets": [{"fleet": "we\nb", "slots": [slot]}]}, NOW)
        self.assertEqual(lines[1].split(), ["we?b", "?[2Jmain", "paused", "-", "-", "-", "-", "-"])

    def test_an_age_has_its_two_largest_units(self):
        for seconds, expected in [
            (-5, "0 s ago"), (0, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (61, "1 min 1 s ago"),
            (3600, "1 h ago"), (3725, "1 h 2 min ago"), (86400 + 61, "1 d ago"), (90000 * 4, "4 d 4 h ago"),
        ]:  # fmt: skip
            self.assertEqual(status.age(datetime.timedelta(seconds=seconds)), expected)


class Command(unittest.TestCase):
    def run_with(self, sam, *arguments, region=None):
        """Runs status.py with a `sam` of that text, and says what it was called with."""
        with tempfile.TemporaryDirectory() as folder:
            if sam is not None:
                script = pathlib.Path(folder) / "sam"
                called = pathlib.Path(folder) / "called"
                note = f"pathlib.Path({str(called)!r}).write_text('\\n'.join(sys.argv[1:]))"
                script.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{note}\n{sam}")
                script.chmod(0o755)
            environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
            environment |= {"PATH": folder} | (region or {})
            command = [sys.executable, HERE / "status.py", *arguments]
            ran = subprocess.run(command, capture_output=True, text=True, env=environment)
            self.called = called.read_text().split("\n") if sam is not None and called.exists() else None
            return ran

    def answer(self, payload, **more):
        response = {"StatusCode": 200, "Payload": payload} | more
        return f"print({json.dumps(response, indent=2)!r})"

    def assert_fails(self, ran, *words, code=1):
        self.assertEqual((ran.returncode, ran.stdout), (code, ""), ran)
        self.assertNotIn("Traceback", ran.stderr)
        for word in words:
            self.assertIn(word, ran.stderr)

    def test_the_sweep_is_invoked_dry_and_its_report_printed(self):
        ran = self.run_with(self.answer(json.dumps(REPORT)), "holdfast")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("sfr-1  main", ran.stdout)
        where, event = ["Reconcile", "--stack-name", "holdfast"], ["--event", '{"dry_run": true}']
        self.assertEqual(self.called, ["remote", "invoke", *where, *event, "--output", "json"])

    def test_one_fleet_can_be_asked_for_and_a_dry_run_it_stays(self):
        self.run_with(self.answer(json.dumps(REPORT)), "holdfast", "web")
        self.assertEqual(json.loads(self.called[6]), {"dry_run": True, "fleet": "web"})

    def test_the_region_is_that_of_the_environment(self):
        for region in [{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, {"AWS_DEFAULT_REGION": "eu-west-1"}]:
            self.run_with(self.answer(json.dumps(REPORT)), "holdfast", region=region)
            self.assertEqual(self.called[-2:], ["--region", "eu-west-1"])

    def test_no_stack(self):
        self.assert_fails(self.run_with(self.answer("{}")), "STACK=", code=2)
        self.assertIsNone(self.called)

    def test_no_sam(self):
        self.assert_fails(self.run_with(None, "holdfast"), "cannot run sam")

    def test_a_stack_that_is_not_there(self):
        sam = "print('Error: Stack with id x does not exist', file=sys.stderr); sys.exit(1)"
        self.assert_fails(self.run_with(sam, "x"), "`x`", "does not exist")

    def test_an_error_of_the_function(self):
        failed = json.dumps({"errorType": "Ec2", "errorMessage": "EC2 could not be looked at"})
        ran = self.run_with(self.answer(failed, FunctionError="Unhandled"), "holdfast")
        self.assert_fails(ran, "Ec2: EC2 could not be looked at", "docs/operations.md")

    def test_no_json(self):
        self.assert_fails(self.run_with("print('Invoking …')", "holdfast"), "sam's answer is no JSON object")
        self.assert_fails(self.run_with("", "holdfast"), "sam's answer is no JSON object")
        self.assert_fails(self.run_with(self.answer("not JSON"), "holdfast"), "the function's answer is no JSON object")
        self.assert_fails(self.run_with(self.answer("null"), "holdfast"), "the function's answer is no JSON object")
        self.assert_fails(self.run_with("print('{}')", "holdfast"), "the function's answer is no JSON object")

    def test_no_report(self):
        self.assert_fails(self.run_with(self.answer('{"ok": true}'), "holdfast"), "no report")


if __name__ == "__main__":
    unittest.main()
