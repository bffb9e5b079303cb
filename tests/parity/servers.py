"""The two servers that the script is run against: the strict local EC2 and moto. Each ends with its process's owner."""

import json
import os
import re
import subprocess
import threading
import urllib.request

import boto3
import botocore
import botocore.config

# Services of AWS that both play. Where two have an action of the same name, the first is meant.
SERVICES = ("ec2", "autoscaling", "ssm")
ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
# What both print once they listen.
LISTENING = re.compile(r"http://127\.0\.0\.1:\d+")


class Server:
    """A running server, and clients of it that try once and check nothing before they ask."""

    def __init__(self, name, program, environment=None):
        self.name = name
        self.process = subprocess.Popen(
            program, cwd=ROOT, env={**os.environ, **(environment or {})}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.url = self._listening()
        config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.clients = [
            boto3.client(service, endpoint_url=self.url, region_name="us-east-1", config=config,
                         aws_access_key_id="AKIAPARITY", aws_secret_access_key="secret")
            for service in SERVICES]

    def ask(self, action, parameters):
        """The answer to a call of whichever service has the action."""
        client = next(own for own in self.clients if action in own.meta.service_model.operation_names)
        return getattr(client, botocore.xform_name(action))(**parameters)

    def _listening(self):
        said = ""
        for line in self.process.stdout:
            said += line
            if found := LISTENING.search(line):
                return found.group()
        raise SystemExit(f"{self.name} did not start; it said:\n{said}")

    def pass_time(self, seconds):
        """Lets everything happen that is under way. moto has nothing under way."""

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Strict(Server):
    def __init__(self, program):
        super().__init__("local EC2", [os.path.abspath(program), "--throttling", "off", "--speed", "0.0001"])

    def pass_time(self, seconds):
        body = json.dumps({"seconds": seconds}).encode()
        request = urllib.request.Request(f"{self.url}/_/pass", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


class Moto(Server):
    def __init__(self):
        program = os.path.join(ROOT, ".venv", "bin", "moto_server")
        if not os.path.exists(program):
            raise SystemExit(f"{program} is missing: run `make tools`")
        super().__init__("moto", [program, "-H", "127.0.0.1", "-p", "0"], {"PYTHONUNBUFFERED": "1"})
        # Nobody reads what it logs, and a pipe that is full would stop it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
