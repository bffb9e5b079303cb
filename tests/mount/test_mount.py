"""The examples' own user data in a Debian guest, with a disk that comes and goes as a volume of EC2 does.

    test_mount.py           builds the guest, boots it under qemu, tells each check by name
    test_mount.py WORD…     only the checks whose names have one of these words; a word that no name has is a mistake

Files stay in target/mount/. SUITE=trixie takes Debian 13, ACCEL=kvm uses KVM where it works.
"""

import os
import pathlib
import subprocess
import sys
import time
import traceback

from disks import SERIAL, Disk
from guest import Guest
import disk_checks
import drain_checks
import guide_checks
import image
from shipped import user_data

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAGE = ROOT / "target" / "mount"
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def every_example_has_the_same_user_data():
    for formats in ("yes", "no"):
        scripts = {user_data(path, SERIAL, formats) for path in EXAMPLES}
        assert len(EXAMPLES) == 2 and len(scripts) == 1, f"{len(scripts)} scripts in {len(EXAMPLES)} examples"


def user_data_is_clean_under_shellcheck():
    subprocess.run(["shellcheck", "-"], input=user_data(EXAMPLES[0], SERIAL), text=True, check=True)


def checks(guest):
    """Each with its name, in this order: each one leaves the guest without a disk, and running."""
    for check in (every_example_has_the_same_user_data, user_data_is_clean_under_shellcheck):
        yield check, check.__name__
    for module in (disk_checks, drain_checks, guide_checks):
        for check in module.CHECKS:
            yield lambda check=check: check(guest, STAGE), check.__name__


def main(words):
    names = [name for _, name in checks(None)]
    if unknown := [word for word in words if not any(word in name for name in names)]:
        raise SystemExit(f"no check has in its name: {' '.join(unknown)}\n" + "\n".join(names))
    STAGE.mkdir(parents=True, exist_ok=True)
    image.install_tools()
    disk, kernel, initial = image.build(STAGE, os.environ.get("SUITE", "bookworm"), user_data(EXAMPLES[0], SERIAL))
    guest = Guest(disk, kernel, initial, STAGE / "console.log")
    passed = failed = 0
    try:
        guest.synchronise()
        for run, name in checks(guest):
            if words and not any(word in name for word in words):
                continue
            began = time.monotonic()
            try:
                run()
                passed += 1
                print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {name} ({time.monotonic() - began:.1f} s)\n{traceback.format_exc()}", flush=True)
                Disk.take_away(guest)
    finally:
        guest.end()
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
