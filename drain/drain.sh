#!/bin/sh
# Gets volumes off their instance, so that they can be detached: stops units, unmounts, and proves that nothing holds
# them.
#
#   drain.sh VOLUMES [UNITS]     drain.sh 'vol-0123456789abcdef0 vol-0123456789abcdef1' 'postgresql.service app.service'
#
# The body of Holdfast's drain document (template.yaml); it runs as root. On success its output has a line
# `holdfast: drained VOLUME` for each. On failure it exits with another code than 0 and says who holds a volume. The units and
# mounts are masked until the next boot, since a volume that was called drained must not come back before it is detached; so
# they stay off after a failure, too. A second run finds nothing to do and succeeds.
set -u

volumes=${1-}
units=${2-}
# How long a unit may take to stop, and how long whatever only glances at the disk (udev does) may take to go.
stop_seconds=${HOLDFAST_STOP_SECONDS:-20}
settle_seconds=${HOLDFAST_SETTLE_SECONDS:-5}
# Where the test has its own /dev, /proc, /run and /sys.
root=${HOLDFAST_ROOT-}
masks=$root/run/systemd/system.control

fail() {
  echo "holdfast: not drained: $*" >&2
  exit 1
}

[ -n "$volumes" ] || fail "no volume is named"
for volume in $volumes; do
  case $volume in
  vol-*[!0-9a-f]* | vol-) fail "$volume is no volume id (vol- and hexadecimal digits)" ;;
  vol-*) ;;
  *) fail "$volume is no volume id (vol- and hexadecimal digits)" ;;
  esac
done
[ "$(id -u)" -eq 0 ] || fail "this must run as root"
# Without one of these a look would find nothing, which is no proof.
for tool in awk blockdev date find flock grep paste readlink sed sort stat systemctl systemd-escape tac timeout tr umount; do
  command -v "$tool" >/dev/null || fail "this machine has no $tool"
done

# Two runs at once would trip over each other.
exec 9>"$root/run/holdfast-drain.lock"
flock --wait 30 9 || fail "another run has been draining for half a minute"

# The kernel's name of the volume's disk. EC2 gives the volume's id, without its dash, as the serial number of the NVMe disk.
find_disk() {
  for serial in "$root"/sys/block/nvme*/device/serial; do
    [ -e "$serial" ] || continue
    if [ "$(tr -d ' \n' <"$serial")" = "vol${1#vol-}" ]; then
      path=${serial%/device/serial}
      echo "${path##*/}"
      return
    fi
  done
}

# The disks and their partitions, as kernel names and as `major:minor`.
disks=
names=
for volume in $volumes; do
  disk=$(find_disk "$volume")
  # A missing disk proves nothing: the volume may be about to appear, or the instance may be of a kind without NVMe.
  [ -n "$disk" ] || fail "no NVMe disk here has the serial number of $volume, so it is not attached, or this is no Nitro instance"
  disks="$disks $disk"
  names="$names $disk"
  for partition in "$root/sys/block/$disk/$disk"p*; do
    [ -e "$partition/dev" ] && names="$names ${partition##*/}"
  done
done
numbers=
for name in $names; do numbers="$numbers $(cat "$root/sys/class/block/$name/dev")"; done

# Mounts of the disks in a mountinfo file, the last one first. Spaces are written as \040 there. Btrfs has numbers of
# its own, so the source counts as well.
mounts() {
  awk -v numbers="$numbers " -v names=" $names " '
    {
      for (i = 7; $i != "-"; i++);
      source = $(i + 2)
      sub("^/dev/", "", source)
      if (index(numbers, " " $3 " ") || index(names, " " source " ")) print $5
    }' "$1" 2>/dev/null | tac
}

plain() {
  printf '%b' "$(printf '%s' "$1" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')"
}

# Mount units of the disks, mounted or not: those of its mounts, and those that name it in What=.
mount_units() {
  mounts "$root/proc/self/mountinfo" | while read -r mount; do
    systemd-escape --path --suffix=mount "$(plain "$mount")"
  done
  systemctl show --property=Id --property=What '*.mount' 2>/dev/null | while IFS='=' read -r key value; do
    case $key in
    Id) id=$value ;;
    What) what=$(readlink -f "$value" 2>/dev/null) ;;
    *) id='' what='' ;;
    esac
    # The two come in no fixed order, and an empty line follows them.
    for name in $names; do
      if [ "${what:-}" = "/dev/$name" ] && [ -n "${id:-}" ]; then echo "$id"; fi
    done
  done
}

# A mask under /run/systemd/system would not hold for a unit of /etc/systemd/system; this directory comes before both.
# Stopped first, since a masked unit has forgotten its ExecStop=.
stop_and_mask() {
  [ $# -gt 0 ] || return 0
  timeout "$stop_seconds" systemctl stop "$@" 2>/dev/null
  mkdir -p "$masks"
  for unit in "$@"; do ln -sfn /dev/null "$masks/$unit"; done
  systemctl daemon-reload
  # Whatever was started in between.
  timeout 5 systemctl stop "$@" 2>/dev/null
}

# The full names of the units that were asked for, aliases resolved: a mask of an alias would not hold.
unit_names() {
  for unit in $units; do
    systemctl show --property=Id --value "$(systemd-escape --mangle "$unit")"
  done
}

# The disk or partition of a volume that a path leads to: by its name, or by its number, as a node in a container has another.
device_of() (
  path=$(readlink -f "$root${1% (deleted)}")
  number=$(stat --format=%t:%T "$path" 2>/dev/null)
  for name in $names; do
    if [ "$path" = "$(readlink -f "$root/dev/$name")" ] || [ "$number" = "$(hexadecimal "$name")" ]; then echo "$name"; fi
  done
)

hexadecimal() (
  number=$(cat "$root/sys/class/block/$1/dev")
  printf '%x:%x' "${number%:*}" "${number#*:}"
)

# "PID (NAME)" of processes with a file of a mount, or a device, as an open file, working directory, root or program.
users_of() {
  find "$root"/proc/[0-9]*/fd "$root"/proc/[0-9]*/cwd "$root"/proc/[0-9]*/root "$root"/proc/[0-9]*/exe -maxdepth 1 \
    \( -lname "$1" -o -lname "$1/*" \) -printf '%h/%f\n' 2>/dev/null |
    sed 's|^.*/proc/\([0-9]*\)/.*|\1|' | sort -un | while read -r pid; do
    echo "process $pid ($(cat "$root/proc/$pid/comm" 2>/dev/null)) uses $1"
  done
}

# Processes that have a device open by another name, or have it in their memory and no longer open.
hidden_users_of() {
  device=$(hexadecimal "$1")
  find "$root"/proc/[0-9]*/fd -maxdepth 1 -lname '/dev/*' ! -lname "/dev/$1" -exec stat --dereference --format='%t:%T %n' {} + \
    2>/dev/null | while read -r number file; do
    [ "$number" = "$device" ] || continue
    pid=${file#"$root/proc/"}
    pid=${pid%%/*}
    echo "process $pid ($(cat "$root/proc/$pid/comm" 2>/dev/null)) uses $1 as $(readlink "$file")"
  done
  grep -lE " /dev/$1( \(deleted\))?\$" "$root"/proc/[0-9]*/maps 2>/dev/null | while read -r file; do
    pid=${file#"$root/proc/"}
    pid=${pid%/maps}
    echo "process $pid ($(cat "$root/proc/$pid/comm" 2>/dev/null)) has $1 in its memory"
  done
}

# What the kernel itself has of a disk or partition, with no mount, no process and no entry under holders/.
kernel_holders() {
  for file in "$root"/sys/block/loop*/loop/backing_file; do
    [ -e "$file" ] || continue
    loop=${file%/loop/backing_file}
    for name in $(device_of "$(cat "$file")"); do echo "loop device ${loop##*/} is built on $name"; done
  done
  # Disks that are served to others: NVMe over fabrics, SCSI.
  for file in "$root"/sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path \
    "$root"/sys/kernel/config/target/core/*/*/udev_path "$root"/sys/kernel/config/target/core/*/*/info; do
    [ -e "$file" ] || continue
    tr ' ' '\n' <"$file" 2>/dev/null | grep '^/' | while read -r path; do
      for name in $(device_of "$path"); do echo "$name is served to others (${file#"$root"})"; done
    done
  done
  # ZFS has no list of its disks under /sys, and a pool that was exported looks like one that is in use.
  [ -e "$root/sys/module/zfs" ] || return 0
  for name in $names; do
    types=$(wipefs --noheadings --output TYPE "$root/dev/$name" 2>/dev/null) || types=zfs_member
    case $types in
    *zfs_member*) echo "zfs may have $name: that a pool is exported cannot be proven while zfs is loaded" ;;
    esac
  done
}

# The kernel gives a disk to one alone: a file system, swap, a mapping, an array and ZFS ask for it in this way, and so does this.
# Tried by whatever is here to try it; without any of them nothing is told.
claimed() {
  for name in $names; do
    set -- "$@" "$root/dev/$name"
  done
  for python in python3 /usr/libexec/platform-python python; do
    command -v "$python" >/dev/null && "$python" -c '
import os, sys
for path in sys.argv[1:]:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        print("the kernel does not give %s to one alone (%s): something claims it" % (path, error.strerror))' "$@" 2>/dev/null &&
      return
  done
  command -v perl >/dev/null && perl -e '
use Fcntl;
for my $path (@ARGV) {
  sysopen(my $disk, $path, O_RDONLY | O_EXCL) or print "the kernel does not give $path to one alone ($!): something claims it\n";
}' "$@" 2>/dev/null
}

unit_holders() {
  for unit in $units; do
    state=$(systemctl show --property=ActiveState --value "$unit")
    case $state in
    inactive | failed) ;;
    *)
      group=$root/sys/fs/cgroup$(systemctl show --property=ControlGroup --value "$unit")
      echo "unit $unit is $state, with $(while read -r pid; do
        echo "process $pid ($(cat "$root/proc/$pid/comm"))"
      done 2>/dev/null <"$group/cgroup.procs" | paste -sd' ')"
      ;;
    esac
  done
}

# Everything that holds a disk, one a line; nothing when all are free.
holders() {
  known=$(known_holders)
  if [ -n "$known" ]; then echo "$known"; else claimed; fi
}

known_holders() {
  unit_holders
  mounts "$root/proc/self/mountinfo" | while read -r mount; do
    mount=$(plain "$mount")
    echo "a volume is mounted at $mount"
    users_of "$mount"
    grep -lF "$mount/" "$root"/sys/block/loop*/loop/backing_file 2>/dev/null | sed "s|\$| is a file of $mount|"
  done
  # One process of each other mount namespace stands for all.
  here=$(readlink "$root/proc/self/ns/mnt")
  find "$root"/proc/[0-9]*/ns/mnt -printf '%l %h\n' 2>/dev/null | sort -u -k1,1 | while read -r namespace process; do
    process=${process%/ns}
    [ "$namespace" != "$here" ] || continue
    mounts "$process/mountinfo" | while read -r mount; do
      echo "a volume is mounted at $(plain "$mount") in the mount namespace of process ${process##*/} ($(cat "$process/comm" 2>/dev/null))"
    done
  done
  for name in $names; do
    users_of "/dev/$name"
    hidden_users_of "$name"
    awk -v device="/dev/$name" '$1 == device { print "swap is on " device }' "$root/proc/swaps"
    for holder in "$root/sys/class/block/$name/holders"/*; do
      [ -e "$holder" ] && echo "block device ${holder##*/} ($(cat "$holder/dm/name" "$holder/md/array_state" 2>/dev/null)) is built on $name"
    done
    # A file system that was unmounted lazily is in no list of mounts, but the kernel still has it.
    for alive in "$root"/sys/fs/*/"$name" "$root"/sys/fs/btrfs/*/devices/"$name"; do
      [ -e "$alive" ] && echo "the kernel has a file system on $name ($alive)"
    done
  done
  kernel_holders
}

units=$(unit_names)
free=''
if [ -z "$(holders)" ]; then free=already; fi

# Even when it is free: what is not masked could come back before the volume is detached.
# shellcheck disable=SC2086 # Names of units, separated by spaces.
stop_and_mask $units
held=$(unit_holders)
[ -z "$held" ] || fail "$held"
# shellcheck disable=SC2046 # Names of units have no spaces.
stop_and_mask $(mount_units | sort -u)

mounts "$root/proc/self/mountinfo" | while read -r mount; do
  mount=$(plain "$mount")
  sync --file-system "$mount"
  umount "$mount"
done

# By the clock, since a look may take long itself.
until=$(($(date +%s) + settle_seconds))
while true; do
  # Whatever the status of the look: only its silence says that the disks are free.
  held=$(holders)
  [ -n "$held" ] || break
  [ "$(date +%s)" -lt "$until" ] || fail "$held"
  sleep 1
done

for disk in $disks; do
  blockdev --flushbufs "$root/dev/$disk" || fail "the last writes to $disk could not be flushed"
done
for volume in $volumes; do
  if [ "$free" = already ]; then echo "holdfast: $volume was drained already"; fi
  echo "holdfast: drained $volume"
done
