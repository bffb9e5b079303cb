"""What the example does with disks that come late, come again, or hold something."""

from disks import BY_ID, BYTES, Disk

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


def refused(name, fill):
    """A check that a disk with this on it is neither changed nor mounted, and that the journal says why."""

    def check(guest, stage):
        disk = Disk(stage, "refused")
        fill(disk)
        before = disk.digest()
        guest.tell("journalctl --rotate && journalctl --vacuum-time=1s && systemctl reset-failed")
        disk.come(guest)
        guest.eventually("systemctl is-failed --quiet data-prepare.service")
        guest.eventually("journalctl --unit data-prepare.service | grep -q 'is not blank'")
        guest.eventually("systemctl list-jobs | grep -q 'No jobs'")
        guest.tell("! grep -q nvme /proc/mounts && ! systemctl is-active example.service")
        Disk.go(guest)
        assert disk.digest() == before, "the disk was written to"

    check.__name__ = f"a_disk_with_{name}_is_left_alone"
    return check


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
]
