"""What the drain document does, as template.yaml ships it, run as the agent of Systems Manager runs it."""

import pathlib

from disk_checks import SERVED
from disks import BY_ID, VOLUME, Disk
from shipped import drain_document

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "template.yaml"
PROOF = f"holdfast: drained {VOLUME}"
# A stand-in for a program that is not the service's.
HOLD = "systemd-run --quiet --collect --unit=stranger --property=KillMode=mixed "
UNMASK = "rm -rf /run/systemd/system.control && systemctl daemon-reload"


def drain(guest, units="example.service", volume=VOLUME, shell="sh"):
    """As the agent does it: a file that is no program of its own, given to `sh -c` (agent/plugins/runscript)."""
    script = drain_document(TEMPLATE, volume, units)
    guest.tell("mkdir -p /var/lib/agent\ncat > /var/lib/agent/_script.sh <<'END OF THE DOCUMENT'\n" + script + "END OF THE DOCUMENT\n"
               "chmod 700 /var/lib/agent/_script.sh")
    return guest.run(f"{shell} -c /var/lib/agent/_script.sh")


def drained(guest, units="example.service", shell="sh"):
    code, output, errors = drain(guest, units, shell=shell)
    assert code == 0 and output.splitlines()[-1] == PROOF, (code, output, errors)
    guest.tell("! grep -q nvme /proc/mounts")
    return output


def held(guest, *names, units="example.service", volume=VOLUME):
    """The drain fails, gives no proof, and names these."""
    code, output, errors = drain(guest, units, volume)
    assert code != 0 and "drained" not in output, (code, output, errors)
    for name in names:
        assert name in errors, f"{name!r} is not in: {errors}"


def python(*lines):
    """Starts a stranger that has done this."""
    program = "; ".join(["import mmap, os, socket, time", *lines, "time.sleep(1000)"])
    return HOLD + f'python3 -c "{program}" && sleep 2'


def served(guest, stage):
    disk = Disk(stage, "drained").with_file_system(stage, "precious")
    disk.come(guest)
    guest.eventually(SERVED)
    return disk


def a_drained_volume_stays_off_and_a_second_run_succeeds(guest, stage):
    served(guest, stage)
    output = drained(guest)
    assert "already" not in output, output
    guest.tell("! systemctl start example.service && ! systemctl start data.mount && ! systemctl restart data.mount")
    guest.tell("udevadm trigger --action=change --settle /sys/class/block/nvme*; udevadm settle")
    guest.tell("! grep -q nvme /proc/mounts")
    assert f"holdfast: {VOLUME} was drained already" in drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def no_units_need_be_named_and_bash_will_do(guest, stage):
    """Debian's sh is dash; that of Amazon Linux is bash by the name of sh."""
    served(guest, stage)
    guest.tell("mkdir -p /var/lib/agent && ln -sf /bin/bash /var/lib/agent/sh")
    drained(guest, units="", shell="/var/lib/agent/sh")
    guest.tell("! systemctl is-active example.service")
    Disk.go(guest)
    guest.tell(UNMASK)


def a_process_that_keeps_a_file_open_is_named(guest, stage):
    served(guest, stage)
    guest.tell(HOLD + "sh -c 'exec 3</data/kept.txt; exec sleep 1000' && sleep 1")
    held(guest, "a volume is mounted at /data", "(sleep) uses /data")
    guest.tell("systemctl stop stranger")
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def a_unit_that_does_not_stop_is_named(guest, stage):
    served(guest, stage)
    guest.tell(HOLD + "--property=TimeoutStopSec=infinity sh -c 'trap \"\" TERM; cd /data; while :; do sleep 1; done' && sleep 1")
    held(guest, "unit stranger.service is deactivating", "(sh)", units="example stranger")
    guest.tell("systemctl kill --signal=KILL stranger")
    guest.eventually("! systemctl is-active stranger")
    drained(guest, units="example stranger")
    Disk.go(guest)
    guest.tell(UNMASK)


def a_mount_in_another_namespace_is_named(guest, stage):
    served(guest, stage)
    guest.tell(HOLD + "unshare --mount --propagation private sleep 1000 && sleep 1")
    held(guest, "in the mount namespace of process", "(sleep)")
    guest.tell("systemctl stop stranger")
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def a_lazily_unmounted_file_system_is_named(guest, stage):
    served(guest, stage)
    guest.tell("systemctl stop example; " + HOLD + "sh -c 'cd /data; exec sleep 1000' && sleep 1 && umount --lazy /data")
    held(guest, "the kernel has a file system on nvme")
    guest.tell("systemctl stop stranger")
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def an_open_device_swap_and_a_mapping_are_named(guest, stage):
    served(guest, stage)
    drained(guest)
    device = guest.tell(f"readlink -f {BY_ID}")
    guest.tell(HOLD + f"sh -c 'exec 3<{device}; exec sleep 1000' && sleep 1")
    held(guest, f"(sleep) uses {device}")
    guest.tell("systemctl stop stranger")
    guest.tell(f"echo 0 1000 linear {device} 0 | dmsetup create stranger")
    held(guest, "block device dm-0 (stranger) is built on nvme")
    guest.tell("dmsetup remove stranger")
    guest.tell(f"mkswap --quiet {device} 2>&1; swapon {device}")
    held(guest, f"swap is on {device}")
    guest.tell(f"swapoff {device}")
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def what_no_list_of_mounts_processes_and_holders_shows_is_named(guest, stage):
    served(guest, stage)
    drained(guest)
    device = guest.tell(f"readlink -f {BY_ID}")
    loop = guest.tell(f"losetup --find --show {BY_ID}")
    held(guest, f"loop device {loop.removeprefix('/dev/')} is built on {device.removeprefix('/dev/')}")
    guest.tell(f"losetup --detach {loop}")
    # As a container has it.
    guest.tell(f"rm -f /dev/stranger; mknod /dev/stranger b $(stat --format='0x%t 0x%T' {device})")
    guest.tell(HOLD + "sh -c 'exec 3</dev/stranger; exec sleep 1000' && sleep 1")
    held(guest, f"(sleep) uses {device.removeprefix('/dev/')} as /dev/stranger")
    guest.tell("systemctl stop stranger; rm /dev/stranger")
    guest.tell(python(f"file = open('{device}', 'rb'); view = mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ)",
                      "[os.close(int(fd)) for fd in os.listdir('/proc/self/fd') "
                      f"if os.path.realpath('/proc/self/fd/' + fd) == '{device}']"))
    held(guest, f"has {device.removeprefix('/dev/')} in its memory")
    guest.tell("systemctl stop stranger")
    guest.tell("modprobe nvmet && cd /sys/kernel/config/nvmet/subsystems && mkdir -p out/namespaces/1 && cd out/namespaces/1 && "
               f"echo -n {device} > device_path && echo 1 > enable")
    held(guest, f"{device.removeprefix('/dev/')} is served to others")
    guest.tell("cd /sys/kernel/config/nvmet/subsystems && rmdir out/namespaces/1 out")
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def a_claim_that_only_the_kernel_knows_is_told(guest, stage):
    """A file that is open in no process: it is on its way from one to another. It has claimed the disk as a file system does."""
    served(guest, stage)
    drained(guest)
    device = guest.tell(f"readlink -f {BY_ID}")
    guest.tell(python(f"here, there = socket.socketpair(); fd = os.open('{device}', os.O_RDONLY | os.O_EXCL)",
                      "socket.send_fds(here, [b'x'], [fd]); os.close(fd)"))
    words = f"the kernel does not give {device} to one alone (Device or resource busy)"
    held(guest, words)
    # Where there is no python3, perl asks.
    guest.tell("mkdir -p /run/without && ln -sf /bin/false /run/without/python3 && ln -sf /bin/false /run/without/python")
    script = "PATH=/run/without:$PATH; export PATH; exec sh /var/lib/agent/_script.sh"
    code, output, errors = guest.run(script)
    assert code != 0 and "drained" not in output and words in errors, (code, output, errors)
    guest.tell("systemctl stop stranger; rm -r /run/without")
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


def a_volume_that_is_not_there_is_not_called_drained(guest, stage):
    held(guest, "not attached")
    held(guest, "vol-../../etc is no volume id", volume="vol-../../etc")
    held(guest, "no volume is named", volume="")


def after_a_drain_the_next_boot_mounts_it_again(guest, stage):
    disk = served(guest, stage)
    drained(guest)
    Disk.go(guest)
    guest.reboot()
    guest.eventually("systemctl is-system-running", 300)
    disk.come(guest)
    guest.eventually(SERVED)
    assert guest.tell("cat /data/kept.txt") == "precious"
    guest.tell("systemctl stop data.mount")
    Disk.go(guest)


def a_boot_with_the_disk_in_place_mounts_it(guest, stage):
    served(guest, stage)
    guest.reboot()
    guest.eventually(SERVED, 300)
    assert guest.tell("cat /data/kept.txt") == "precious"
    drained(guest)
    Disk.go(guest)
    guest.tell(UNMASK)


CHECKS = [
    a_drained_volume_stays_off_and_a_second_run_succeeds,
    no_units_need_be_named_and_bash_will_do,
    a_process_that_keeps_a_file_open_is_named,
    a_unit_that_does_not_stop_is_named,
    a_mount_in_another_namespace_is_named,
    a_lazily_unmounted_file_system_is_named,
    an_open_device_swap_and_a_mapping_are_named,
    what_no_list_of_mounts_processes_and_holders_shows_is_named,
    a_claim_that_only_the_kernel_knows_is_told,
    a_volume_that_is_not_there_is_not_called_drained,
    after_a_drain_the_next_boot_mounts_it_again,
    a_boot_with_the_disk_in_place_mounts_it,
]
