"""A virtual machine: qemu, its disks by QMP, its commands by the guest agent."""

import base64
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

BOOT_SECONDS = 600


class Line:
    """JSON objects, one a line, over a socket of qemu."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.buffer = b""

    def send(self, message):
        self.socket.settimeout(60)
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, seconds):
        """The next object; TimeoutError when none comes."""
        until = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            self.socket.settimeout(max(until - time.monotonic(), 0.001))
            part = self.socket.recv(65536)
            if not part:
                raise ConnectionError("qemu has ended")
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        # The guest agent's answers begin with 0xFF after a synchronisation.
        return json.loads(line.lstrip(b"\xff"))


class Guest:
    def __init__(self, disk, kernel, initial, console):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mount-"))
        self.console = console
        qmp, agent = self.directory / "qmp", self.directory / "agent"
        # Not KVM by default: it may be there and not work, as in some virtual machines.
        accelerator = os.environ.get("ACCEL", "tcg")
        self.process = subprocess.Popen([
            "qemu-system-x86_64", "-machine", "q35", "-accel", accelerator, "-cpu", "max", "-m", "1024", "-smp", "2",
            "-nodefaults", "-display", "none", "-nic", "none", "-serial", f"file:{console}",
            "-kernel", str(kernel), "-initrd", str(initial), "-append", "root=/dev/vda rw console=ttyS0",
            "-drive", f"file={disk},if=virtio,format=raw,cache=unsafe",
            "-device", "pcie-root-port,id=root-port,chassis=1",
            "-qmp", f"unix:{qmp},server=on,wait=off",
            "-chardev", f"socket,path={agent},server=on,wait=off,id=agent",
            "-device", "virtio-serial", "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        ], stderr=subprocess.PIPE, text=True)
        self.began = time.monotonic()
        wait_for(lambda: qmp.exists() and agent.exists() or self.process.poll() is not None, 10, "qemu's sockets")
        if self.process.poll() is not None:
            raise SystemExit(f"qemu did not start: {self.process.stderr.read()}")
        self.qmp, self.agent = Line(qmp), Line(agent)
        self.qmp.receive(10)
        self.events = []
        self.monitor("qmp_capabilities")

    def end(self):
        self.process.kill()
        self.process.wait()
        for path in self.directory.iterdir():
            path.unlink()
        self.directory.rmdir()

    def monitor(self, command, **arguments):
        self.qmp.send({"execute": command, "arguments": arguments})
        while True:
            answer = self.qmp.receive(30)
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def synchronise(self):
        """Waits until the agent answers: what it said before a restart is thrown away."""
        until = time.monotonic() + BOOT_SECONDS
        token = 0
        while time.monotonic() < until:
            token += 1
            self.agent.send({"execute": "guest-sync", "arguments": {"id": token}})
            with contextlib.suppress(TimeoutError, json.JSONDecodeError):
                while self.agent.receive(10).get("return") != token:
                    pass
                return
        raise TimeoutError(f"the guest did not come up in {BOOT_SECONDS} s:\n{self.console.read_text(errors='replace')[-3000:]}")

    def ask(self, command, **arguments):
        self.agent.send({"execute": command, "arguments": arguments})
        answer = self.agent.receive(60)
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def run(self, script, *arguments, seconds=120):
        """Runs a shell script in the guest as root: its exit code, and what it said on both streams."""
        pid = self.ask("guest-exec", path="/bin/sh", arg=["-s", "--", *arguments],
                       **{"input-data": base64.b64encode(script.encode()).decode(), "capture-output": True})["pid"]
        state = wait_for(lambda: (found := self.ask("guest-exec-status", pid=pid))["exited"] and found, seconds, script[:200])
        said = [base64.b64decode(state.get(name, "")).decode(errors="replace") for name in ("out-data", "err-data")]
        return state.get("exitcode", 128 + state.get("signal", 0)), said[0], said[1]

    def tell(self, script, **options):
        """The output of a script that has to succeed."""
        code, output, errors = self.run(script, **options)
        if code:
            raise RuntimeError(f"exit {code} of: {script}\n{output}{errors}")
        return output.strip()

    def eventually(self, script, seconds=60):
        """Waits until the script succeeds; its output. AssertionError when it never does."""
        last = None

        def succeeds():
            nonlocal last
            last = self.run(script)
            return last if last[0] == 0 else None

        try:
            return wait_for(succeeds, seconds, script)[1].strip()
        except TimeoutError:
            raise AssertionError(f"not in {seconds} s: {script}\nlast: {last}") from None

    def attach(self, image, serial):
        """What AttachVolume does: a disk of this serial number appears."""
        self.monitor("blockdev-add", **{"driver": "raw", "node-name": "data", "file": {"driver": "file", "filename": str(image)}})
        self.monitor("device_add", driver="nvme", id="volume", drive="data", serial=serial, bus="root-port")

    def detach(self):
        """What DetachVolume does, once the guest lets go: it waits for that."""
        self.events.clear()
        self.monitor("device_del", id="volume")
        gone = lambda: any(event["event"] == "DEVICE_DELETED" and event["data"].get("device") == "volume" for event in self.events)
        wait_for(lambda: self.monitor("query-status") and gone(), 60, "the guest to let go of the disk")
        self.monitor("blockdev-del", **{"node-name": "data"})

    def reboot(self):
        boot = "cat /proc/sys/kernel/random/boot_id"
        before = self.tell(boot)
        # It has no answer.
        self.agent.send({"execute": "guest-shutdown", "arguments": {"mode": "reboot"}})

        def next_boot():
            # The agent of the old boot may still answer, and end in between: what it had begun, the next one does not know.
            with contextlib.suppress(TimeoutError, RuntimeError):
                self.synchronise()
                return self.tell(boot) != before
            return False

        wait_for(next_boot, BOOT_SECONDS, "the next boot")


def wait_for(condition, seconds, what):
    """Asks until the answer is true, which it gives."""
    until = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds} s for: {' '.join(what.split())}")
        time.sleep(0.3)
    return answer
