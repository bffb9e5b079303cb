"""Disks with and without something on them, as the host sees them."""

import contextlib
import hashlib
import subprocess

VOLUME = "vol-0123456789abcdef0"
SERIAL = VOLUME.replace("-", "")
BYTES = 128 << 20
BY_ID = f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{SERIAL}"


class Disk:
    def __init__(self, stage, name, size=BYTES):
        self.path = stage / f"{name}.img"
        self.path.unlink(missing_ok=True)
        with self.path.open("wb") as file:
            file.truncate(size)

    def with_file_system(self, stage, text):
        files = stage / "files"
        files.mkdir(exist_ok=True)
        (files / "kept.txt").write_text(text)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(files), str(self.path)], check=True)
        return self

    def with_partition_table(self, kind):
        subprocess.run(["sfdisk", "--quiet", str(self.path)], input=f"label: {kind}\n,\n", text=True, check=True)
        return self

    def with_luks(self):
        subprocess.run(["cryptsetup", "luksFormat", "--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
                        "--key-file", "-", str(self.path)], input=b"secret", check=True)
        return self

    def of_bytes(self, size):
        """As a volume that was made larger: what is on it does not know yet."""
        with self.path.open("r+b") as file:
            file.truncate(size)
        return self

    def with_bytes(self, offset, data):
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(data)
        return self

    def digest(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def come(self, guest):
        guest.attach(self.path, SERIAL)

    @staticmethod
    def go(guest):
        """As Holdfast takes a volume: the guest has unmounted it before."""
        guest.tell("! grep -q nvme /proc/mounts")
        guest.detach()
        guest.eventually(f"! test -e {BY_ID}")

    @staticmethod
    def take_away(guest):
        """After a failed check, whatever the state."""
        with contextlib.suppress(Exception):
            guest.run("systemctl kill --signal=KILL stranger; systemctl stop data.mount; umount /data; swapoff -a; "
                      "dmsetup remove_all; losetup -D; rmdir /sys/kernel/config/nvmet/subsystems/out/namespaces/1 /sys/kernel/config/nvmet/subsystems/out")
            guest.run("rm -rf /run/systemd/system.control; systemctl daemon-reload; systemctl reset-failed")
            guest.detach()
