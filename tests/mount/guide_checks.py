"""What the line of /etc/fstab and the unit of docs/guide.md do, as the page has them. The example's own units are off."""

from disks import Disk
from shipped import guide_block

HERE = "mountpoint -q /srv/data && systemctl is-active --quiet app && grep -q precious /srv/data/kept.txt"
EXAMPLE = "data.mount data-prepare.service data-grow.service example.service"


def the_guide_s_user_data_waits_for_nothing_and_a_late_disk_is_mounted(guest, stage):
    guest.tell(f"systemctl disable --now {EXAMPLE} || true")
    guest.tell("printf '#!/bin/sh\\nexec sleep infinity\\n' > /usr/local/bin/app && chmod +x /usr/local/bin/app")
    guest.tell(f"cat > /etc/systemd/system/app.service <<'END'\n{guide_block('app.service')}END\nsystemctl enable app")
    guest.tell(guide_block("/etc/fstab"), seconds=10)
    guest.tell("! mountpoint -q /srv/data && ! systemctl is-active app")
    Disk(stage, "guide").with_file_system(stage, "precious").come(guest)
    guest.eventually(HERE)
    guest.tell("systemctl stop srv-data.mount && ! systemctl is-active app")
    Disk.go(guest)


def no_boot_waits_for_the_guide_s_line_and_the_disk_is_mounted_when_it_comes(guest, stage):
    guest.reboot()
    guest.eventually("systemctl is-active multi-user.target", 300)
    guest.tell("! mountpoint -q /srv/data && ! systemctl is-active app")
    Disk(stage, "guide").with_file_system(stage, "precious").come(guest)
    guest.eventually(HERE)
    guest.tell("systemctl stop srv-data.mount")
    Disk.go(guest)


CHECKS = [
    the_guide_s_user_data_waits_for_nothing_and_a_late_disk_is_mounted,
    no_boot_waits_for_the_guide_s_line_and_the_disk_is_mounted_when_it_comes,
]
