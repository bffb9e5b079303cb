"""Builds the disk of a Debian guest that runs given user data by cloud-init, as an instance of EC2 does.

Needs root, for mmdebstrap. What is missing on this machine is installed by apt-get.
"""

import os
import shutil
import subprocess

PACKAGES = {"qemu-system-x86_64": "qemu-system-x86", "mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs",
            "cryptsetup": "cryptsetup-bin", "sfdisk": "fdisk", "shellcheck": "shellcheck"}
# Ubuntu has mmdebstrap without the keys of Debian, which the guest is made of.
KEYS, KEYS_PACKAGE = "/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"
GUEST = ("systemd-sysv,udev,dbus,linux-image-cloud-amd64,cloud-init,qemu-guest-agent,e2fsprogs,fdisk,dmsetup,procps")

# On EC2 the model of the disk is "Amazon Elastic Block Store", here "QEMU NVMe Ctrl", and udev builds the name from it. So this
# rule stands in for the model; the serial number in the name is the disk's own.
RULE = ('ENV{DEVTYPE}=="disk", ENV{ID_SERIAL}=="QEMU_NVMe_Ctrl_*", '
        'SYMLINK+="disk/by-id/nvme-Amazon_Elastic_Block_Store_$env{ID_SERIAL_SHORT}"\n')
# Of cloud-init's modules only the one that runs user data, and no network, which shows that it needs none.
CLOUD = """datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [set_hostname]
cloud_config_modules: []
cloud_final_modules: [scripts-user]
"""


def install_tools():
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    os.environ["PATH"] = path
    missing = sorted({package for program, package in PACKAGES.items() if not shutil.which(program)})
    if not os.path.exists(KEYS):
        missing.append(KEYS_PACKAGE)
    if missing or os.geteuid() != 0:
        if os.geteuid() != 0:
            raise SystemExit("make test-mount needs root: it builds a Debian image with mmdebstrap")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", *missing], check=True, env=environment,
                       stdout=subprocess.DEVNULL)


def root_directory(stage, suite):
    """The guest's files; kept between runs, since they take a minute."""
    root = stage / f"root-{suite}"
    mark = stage / f"root-{suite}.packages"
    if mark.exists() and mark.read_text() == GUEST:
        return root
    shutil.rmtree(root, ignore_errors=True)
    log = stage / f"mmdebstrap-{suite}.log"
    with log.open("w") as output:
        built = subprocess.run(["mmdebstrap", "--variant=minbase", f"--include={GUEST}", suite, str(root)],
                               stdout=output, stderr=subprocess.STDOUT, check=False)
    if built.returncode:
        raise SystemExit(f"mmdebstrap failed:\n{log.read_text()[-3000:]}")
    mark.write_text(GUEST)
    return root


def build(stage, suite, user_data):
    """The disk, the kernel and the initial file system of a guest that has never booted."""
    root = root_directory(stage, suite)
    files = {
        "etc/udev/rules.d/61-stands-in-for-the-model.rules": RULE,
        "etc/cloud/cloud.cfg.d/99-mount-test.cfg": CLOUD,
        "var/lib/cloud/seed/nocloud/meta-data": "instance-id: i-0123456789abcdef0\nlocal-hostname: guest\n",
        "var/lib/cloud/seed/nocloud/user-data": user_data,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    disk = stage / "root.img"
    disk.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-qq", "-t", "ext4", "-d", str(root), str(disk), "2G"], check=True)
    kernel = next((root / "boot").glob("vmlinuz-*"))
    initial = next((root / "boot").glob("initrd.img-*"))
    return disk, kernel, initial
