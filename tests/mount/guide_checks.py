"""What the line of /etc/fstab and the unit of docs/guide.md do, as the page has them. The example's own units are off."""

from disks import BY_ID, Disk
from shipped import guide_block

HERE = "mountpoint -q /srv/data && systemctl is-active --quiet app && grep -q precious /srv/data/kept.txt"
EXAMPLE = "data.mount data-prepare.service data-grow.service example.service"


def mounts_and_gives_back(guest, disk):
    """The disk comes and is served; the mount is stopped, and with it the service; the disk goes."""
    disk.come(guest)
    guest.eventually(HERE)
    guest.tell("systemctl stop srv-data.mount && ! systemctl is-active app")
    Disk.go(guest)


def the_guide_s_user_data_waits_for_nothing_and_a_late_disk_is_mounted(guest, stage):
    # What the examples' user data enables later would mount the disk, too.
    guest.eventually("cloud-init status | grep -q done", 300)
    guest.tell(f"systemctl disable --now {EXAMPLE} || true")
    guest.tell("printf '#!/bin/sh\\nexec sleep infinity\\n' > /usr/local/bin/app && chmod +x /usr/local/bin/app")
    guest.tell(f"cat > /etc/systemd/system/app.service <<'END'\n{guide_block('app.service')}END\nsystemctl enable app")
    guest.tell(guide_block("/etc/fstab"), seconds=60)
    guest.tell("! mountpoint -q /srv/data && ! systemctl is-active app")
    mounts_and_gives_back(guest, Disk(stage, "guide").with_file_system(stage, "precious"))


def no_boot_waits_for_the_guide_s_line_and_the_disk_is_mounted_when_it_comes(guest, stage):
    guest.reboot()
    guest.eventually("systemctl is-active multi-user.target", 300)
    guest.tell("! mountpoint -q /srv/data && ! systemctl is-active app")
    mounts_and_gives_back(guest, Disk(stage, "guide").with_file_system(stage, "precious"))


def a_blank_disk_is_not_mounted_by_the_guide_s_line_until_it_is_formatted_by_hand(guest, stage):
    disk = Disk(stage, "guide")
    before = disk.digest()
    # As a boot does. Nothing else asks for the mount: a disk that leaves and comes again has to be asked for by hand.
    guest.tell("systemctl start --no-block srv-data.mount")
    disk.come(guest)
    # The check of the file system fails, and with it the mount.
    guest.eventually(f"test -e {BY_ID} && systemctl list-jobs | grep -q 'No jobs' && "
                     "systemctl list-units --failed | grep -qE 'srv-data|Amazon'")
    guest.tell("! mountpoint -q /srv/data && ! systemctl is-active app")
    assert disk.digest() == before, "the disk was written to"
    guest.tell(f"mkfs.ext4 -q {BY_ID} && systemctl reset-failed srv-data.mount; systemctl start srv-data.mount")
    guest.eventually("mountpoint -q /srv/data && systemctl is-active --quiet app")
    guest.tell("echo precious > /srv/data/kept.txt && systemctl stop srv-data.mount")
    Disk.go(guest)
    disk.come(guest)
    guest.tell("systemctl start srv-data.mount")
    guest.eventually(HERE)
    guest.tell("systemctl stop srv-data.mount")
    Disk.go(guest)


CHECKS = [
    the_guide_s_user_data_waits_for_nothing_and_a_late_disk_is_mounted,
    no_boot_waits_for_the_guide_s_line_and_the_disk_is_mounted_when_it_comes,
    a_blank_disk_is_not_mounted_by_the_guide_s_line_until_it_is_formatted_by_hand,
]
