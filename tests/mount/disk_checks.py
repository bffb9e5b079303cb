"""What the example does with disks that come late, come again, or hold something."""

import pathlib

from disks import BY_ID, BYTES, SERIAL, Disk
from shipped import user_data

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "persistent-fleet.yaml"
SERVED = "systemctl is-active --quiet data.mount example.service && grep -q guest /data/www/index.html"
IDENTITY = f"blkid -p -s UUID -o value {BY_ID}"


def the_boot_is_not_held_up_without_the_disk(guest, stage):
    guest.eventually("cloud-init status | grep -q done", 300)
    state = guest.eventually("systemctl is-system-running && systemctl list-jobs", 300)
    assert state == "running\nNo jobs running.", state
    guest.tell("systemctl is-enabled data.mount example.service && ! systemctl is-active data.mount example.service")


def a_late_blank_disk_is_formatted_mounted_and_served(guest, stage):
    disk = Disk(stage, "blank")
    disk.come(guest)
    guest.eventually(SERVED)
    source, kind = guest.tell("findmnt --noheadings --output SOURCE,FSTYPE /data").split()
    assert kind == "ext4" and source == guest.tell(f"readlink -f {BY_ID}"), (source, kind)
    guest.eventually("python3 -c 'import urllib.request as u; assert b\"guest\" in u.urlopen(\"http://127.0.0.1/\").read()'")
    guest.tell("systemctl stop data.mount && ! systemctl is-active example.service")
    Disk.go(guest)


def a_disk_that_comes_again_is_mounted_with_its_data(guest, stage):
    disk = Disk(stage, "again")
    disk.come(guest)
    guest.eventually(SERVED)
    identity = guest.tell(IDENTITY)
    guest.tell("echo precious > /data/kept.txt && systemctl stop data.mount")
    Disk.go(guest)
    disk.come(guest)
    guest.eventually(SERVED)
    assert guest.tell("cat /data/kept.txt") == "precious"
    assert guest.tell(IDENTITY) == identity, "the disk was formatted again"
    assert guest.tell("wc -l < /data/www/index.html") == "2"
    guest.tell("systemctl stop data.mount")
    Disk.go(guest)


def a_disk_that_was_torn_off_while_mounted_is_mended_and_mounted(guest, stage):
    disk = Disk(stage, "torn").with_file_system(stage, "before")
    disk.come(guest)
    guest.eventually(SERVED)
    guest.tell("echo written > /data/new.txt && sync")
    guest.detach()
    guest.eventually("! systemctl is-active data.mount && ! systemctl is-active example.service")
    disk.come(guest)
    guest.eventually(SERVED)
    found = guest.tell("cat /data/kept.txt; echo; cat /data/new.txt")
    assert found == "before\nwritten", found
    guest.tell("systemctl stop data.mount")
    Disk.go(guest)


def a_file_system_with_a_file_is_mounted_and_not_formatted(guest, stage):
    disk = Disk(stage, "ext4").with_file_system(stage, "precious")
    disk.come(guest)
    guest.eventually(SERVED)
    assert guest.tell("cat /data/kept.txt") == "precious"
    guest.tell("systemctl stop data.mount")
    Disk.go(guest)


def a_file_system_grows_to_the_size_of_its_disk(guest, stage):
    disk = Disk(stage, "grown").with_file_system(stage, "precious").of_bytes(2 * BYTES)
    disk.come(guest)
    guest.eventually(SERVED)
    guest.eventually(f"test $(($(stat -f -c '%b * %S' /data))) -gt {BYTES}")
    assert guest.tell("cat /data/kept.txt") == "precious"
    guest.tell("systemctl start data-grow.service")
    guest.tell("systemctl stop data.mount")
    Disk.go(guest)


def refused(name, fill, words="is not blank"):
    """A check that a disk with this on it is neither changed nor mounted, and that the journal says why."""

    def check(guest, stage):
        disk = Disk(stage, "refused")
        fill(disk)
        before = disk.digest()
        guest.tell("journalctl --rotate && journalctl --vacuum-time=1s && systemctl reset-failed")
        disk.come(guest)
        guest.eventually("systemctl is-failed --quiet data-prepare.service")
        guest.eventually(f"journalctl --unit data-prepare.service | grep -q '{words}'")
        guest.eventually("systemctl list-jobs | grep -q 'No jobs'")
        guest.tell("! grep -q nvme /proc/mounts && ! systemctl is-active example.service")
        Disk.go(guest)
        assert disk.digest() == before, "the disk was written to"

    check.__name__ = f"a_disk_with_{name}_is_left_alone"
    return check


def a_disk_of_the_stack_with_bytes_beyond_64_mib_alone_is_formatted(guest, stage):
    """What examples/README.md says is not promised."""
    disk = Disk(stage, "beyond").with_bytes(100 << 20, b"somebody's data")
    disk.come(guest)
    guest.eventually(SERVED)
    guest.tell("systemctl stop data.mount")
    Disk.go(guest)


def a_disk_that_the_stack_did_not_make_blank_is_never_formatted(guest, stage):
    """The user data of a stack with a VolumeId or a snapshot differs in one word, which is exchanged here."""
    of_stack, given = (user_data(EXAMPLE, SERIAL, formats).splitlines() for formats in ("yes", "no"))
    [(old, new)] = [pair for pair in zip(of_stack, given, strict=True) if pair[0] != pair[1]]
    assert old == "ExecStart=/usr/local/sbin/prepare-data $device yes" and new == old.removesuffix("yes") + "no", (old, new)
    unit = "/etc/systemd/system/data-prepare.service"
    guest.eventually("cloud-init status | grep -q done", 300)
    guest.tell(f"sed -i 's|^\\(ExecStart=.*\\) yes$|\\1 no|' {unit} && grep -q ' no$' {unit} && systemctl daemon-reload")
    try:
        refused("nothing", lambda disk: disk, "the stack did not make this volume blank")(guest, stage)
        refused("bytes", lambda disk: disk.with_bytes(100 << 20, b"data"), "the stack did not make this volume blank")(guest, stage)
        assert SERIAL in (said := guest.tell("journalctl --unit data-prepare.service")) and "mkfs.ext4" in said, said
        a_file_system_with_a_file_is_mounted_and_not_formatted(guest, stage)
        # What the journal says helps.
        disk = Disk(stage, "given")
        disk.come(guest)
        guest.eventually("systemctl is-failed --quiet data-prepare.service")
        guest.tell(f"mkfs.ext4 -q -L data {BY_ID} && systemctl start data.mount")
        guest.eventually(SERVED)
        guest.tell("systemctl stop data.mount")
        Disk.go(guest)
    finally:
        guest.tell(f"sed -i 's|^\\(ExecStart=.*\\) no$|\\1 yes|' {unit} && systemctl daemon-reload")


CHECKS = [
    the_boot_is_not_held_up_without_the_disk,
    a_late_blank_disk_is_formatted_mounted_and_served,
    a_disk_that_comes_again_is_mounted_with_its_data,
    a_disk_that_was_torn_off_while_mounted_is_mended_and_mounted,
    a_file_system_with_a_file_is_mounted_and_not_formatted,
    a_file_system_grows_to_the_size_of_its_disk,
    refused("a_gpt", lambda disk: disk.with_partition_table("gpt")),
    refused("an_mbr", lambda disk: disk.with_partition_table("dos")),
    refused("a_luks_header", lambda disk: disk.with_luks()),
    refused("unknown_data", lambda disk: disk.with_bytes(40 << 20, b"somebody's data")),
    refused("a_damaged_superblock", lambda disk: disk.with_file_system(disk.path.parent, "precious").with_bytes(1024, bytes(1024))),
    a_disk_of_the_stack_with_bytes_beyond_64_mib_alone_is_formatted,
    a_disk_that_the_stack_did_not_make_blank_is_never_formatted,
]
