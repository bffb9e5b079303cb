//! The drain document: it is the script of drain/drain.sh, and the script does what the document says, on a machine of
//! files. What a real kernel makes of it, `make test-mount` tells.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use template::Template;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../drain/drain.sh");
const ONE: &str = "vol-0123456789abcdef0";
const TWO: &str = "vol-0123456789abcdef1";

fn content() -> Value {
    let template = Template::read().unwrap();
    let document = template.properties("DrainVolumes", "AWS::SSM::Document").unwrap();
    assert_eq!(document["DocumentType"], "Command");
    document["Content"].clone()
}

#[test]
fn the_document_runs_the_script_as_it_stands() {
    let step = content()["mainSteps"].clone();
    let [step] = step.as_array().unwrap().as_slice() else { panic!("one step: {step}") };
    assert_eq!(step["action"], "aws:runShellScript");
    // A step that is skipped for a precondition is a success.
    assert_eq!(step.get("precondition"), None);
    let script = fs::read_to_string(SCRIPT).unwrap();
    assert!(!script.contains("{{"), "Systems Manager would take it for a parameter");
    assert_eq!(step["inputs"]["runCommand"], json!(["set -- '{{ volumes }}' '{{ units }}'", script]));
}

/// What reaches the shell between quotes has none itself.
#[test]
fn the_document_takes_nothing_that_a_shell_could_take_for_more() {
    let parameters = content()["parameters"].clone();
    let names: Vec<&String> = parameters.as_object().unwrap().keys().collect();
    assert_eq!(names, ["units", "volumes"]);
    let volumes = "^vol-[0-9a-f]{8,17}( vol-[0-9a-f]{8,17})*$";
    assert_eq!(parameters["volumes"]["allowedPattern"], volumes);
    assert_eq!(parameters["volumes"].get("default"), None);
    assert_eq!(parameters["units"]["allowedPattern"], "^[A-Za-z0-9@:_. -]*$");
    assert_eq!(parameters["units"]["default"], json!({"Ref": "DrainUnits"}));
    let template = Template::read().unwrap();
    assert_eq!(template.at("/Parameters/DrainUnits/AllowedPattern").unwrap(), "^[A-Za-z0-9@:_. -]*$");
}

/// "The maximum size of a document is 64 KB" (Systems Manager, quotas of documents).
#[test]
fn the_document_is_small_enough() {
    let size = content().to_string().len();
    assert!(size < 60_000, "{size} bytes");
}

/// A machine of files, with the tools that the script changes it by.
struct Machine(PathBuf);

impl Machine {
    /// Two disks, each mounted; `postgresql.service` runs.
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let machine = Self(root);
        for (disk, serial, number) in [("nvme1n1", ONE, "259:1"), ("nvme2n1", TWO, "259:2")] {
            machine.write(
                &format!("sys/block/{disk}/device/serial"),
                &format!("{}  \n", serial.replace('-', "")),
            );
            machine.write(&format!("sys/class/block/{disk}/dev"), &format!("{number}\n"));
            machine.write(&format!("dev/{disk}"), "");
            machine.write(&format!("sys/fs/ext4/{disk}/alive"), "");
        }
        machine.write(
            "proc/self/mountinfo",
            "1 0 259:9 / / rw - ext4 /dev/nvme0n1p1 rw\n\
             2 1 259:1 / /data rw - ext4 /dev/nvme1n1 rw\n\
             3 1 259:2 / /my\\040logs rw - ext4 /dev/nvme2n1 rw\n",
        );
        machine.write("proc/self/ns/mnt", "");
        machine.write("proc/swaps", "Filename Type Size Used Priority\n");
        machine.write("run/state", "active\n");
        for (tool, body) in [
            ("id", "echo 0"),
            ("flock", "exit 0"),
            (
                "systemd-escape",
                "for last; do :; done; echo \"$last\" | sed 's|^/||; s|[/ ]|-|g; s|$|.mount|; s|service.mount|service|'",
            ),
            ("systemctl", SYSTEMCTL),
            ("sync", "echo \"sync $2\" >>\"$HOLDFAST_ROOT/log\""),
            ("blockdev", "echo \"flush ${2##*/}\" >>\"$HOLDFAST_ROOT/log\""),
            ("umount", UMOUNT),
            ("wipefs", "cat \"$HOLDFAST_ROOT/types/${4##*/}\" 2>/dev/null || echo ext4"),
        ] {
            machine.tool(tool, body);
        }
        machine
    }

    fn tool(&self, name: &str, body: &str) {
        self.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{body}\n"));
        let path = self.0.join("bin").join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn drain(&self, volumes: &str, units: &str) -> Output {
        let tools = self.0.join("bin");
        let mut command = Command::new("sh");
        command.arg(SCRIPT).args([volumes, units]).env("HOLDFAST_ROOT", &self.0);
        command.env("HOLDFAST_SETTLE_SECONDS", "0");
        command.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", tools.display()));
        command.output().unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.0.join("log")).unwrap_or_default()
    }

    fn masked(&self) -> Vec<String> {
        let units = fs::read_dir(self.0.join("run/systemd/system.control")).into_iter().flatten();
        let mut names: Vec<String> =
            units.map(|unit| unit.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

const SYSTEMCTL: &str = r#"
case "$*" in
  "stop "*) echo "$*" >>"$HOLDFAST_ROOT/log"; [ -e "$HOLDFAST_ROOT/stubborn" ] || echo inactive >"$HOLDFAST_ROOT/run/state" ;;
  *ActiveState*) cat "$HOLDFAST_ROOT/run/state" ;;
  *"--property=Id --value"*) for last; do :; done; echo "$last" ;;
esac
exit 0"#;

const UMOUNT: &str = r#"
echo "umount $1" >>"$HOLDFAST_ROOT/log"
[ ! -e "$HOLDFAST_ROOT/busy" ] || exit 32
place=$(echo "$1" | sed 's/ /\\040/g')
disk=$(grep -F " $place " "$HOLDFAST_ROOT/proc/self/mountinfo" | sed 's|.*/dev/\([a-z0-9]*\) .*|\1|')
grep -vF " $place " "$HOLDFAST_ROOT/proc/self/mountinfo" >"$HOLDFAST_ROOT/rest"
mv "$HOLDFAST_ROOT/rest" "$HOLDFAST_ROOT/proc/self/mountinfo"
[ -e "$HOLDFAST_ROOT/lazy" ] || rm -r "${HOLDFAST_ROOT:?}/sys/fs/ext4/$disk""#;

fn out(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn fails(output: &Output, words: &str) {
    let (code, told, errors) = out(output);
    assert_eq!(code, Some(1), "{told}{errors}");
    assert!(errors.contains(words) && !told.contains("drained"), "{words:?}: {told}{errors}");
}

#[test]
fn every_named_volume_is_unmounted_once_its_units_are_stopped_and_masked() {
    let machine = Machine::new("both");
    let (code, told, errors) = out(&machine.drain(&format!("{ONE} {TWO}"), "postgresql.service"));
    assert_eq!(code, Some(0), "{told}{errors}");
    assert_eq!(told, format!("holdfast: drained {ONE}\nholdfast: drained {TWO}\n"));
    let log = machine.log();
    let place = |words: &str| log.find(words).unwrap_or_else(|| panic!("no {words:?} in {log}"));
    assert!(place("stop postgresql.service") < place("stop data.mount"));
    assert!(place("stop data.mount") < place("sync /data") && place("sync /data") < place("umount /data"));
    assert!(
        place("umount /my logs") < place("flush nvme1n1") && place("flush nvme1n1") < place("flush nvme2n1")
    );
    assert_eq!(machine.masked(), ["data.mount", "my-logs.mount", "postgresql.service"]);
}

#[test]
fn a_second_run_finds_nothing_to_do_and_succeeds() {
    let machine = Machine::new("again");
    assert_eq!(machine.drain(ONE, "").status.code(), Some(0));
    let (code, told, errors) = out(&machine.drain(ONE, ""));
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(told, format!("holdfast: {ONE} was drained already\nholdfast: drained {ONE}\n"));
}

#[test]
fn a_volume_that_is_not_named_stays_mounted() {
    let machine = Machine::new("one");
    assert_eq!(machine.drain(TWO, "").status.code(), Some(0));
    assert!(!machine.log().contains("/data"), "{}", machine.log());
    assert!(fs::read_to_string(machine.0.join("proc/self/mountinfo")).unwrap().contains(" /data "));
}

#[test]
fn what_still_holds_a_volume_is_told_and_is_a_failure() {
    let machine = Machine::new("busy");
    machine.write("busy", "");
    machine.write("proc/77/comm", "postgres\n");
    fs::create_dir_all(machine.0.join("proc/77/fd")).unwrap();
    symlink("/data/base/1", machine.0.join("proc/77/fd/3")).unwrap();
    let output = machine.drain(&format!("{ONE} {TWO}"), "");
    fails(&output, "a volume is mounted at /data");
    fails(&output, "process 77 (postgres) uses /data");
    assert!(!machine.log().contains("flush"));

    let machine = Machine::new("lazy");
    machine.write("lazy", "");
    fails(&machine.drain(ONE, ""), "the kernel has a file system on nvme1n1");

    let machine = Machine::new("swap");
    machine.write("proc/swaps", "Filename Type\n/dev/nvme1n1 partition 1 0 -2\n");
    fails(&machine.drain(ONE, ""), "swap is on /dev/nvme1n1");

    let machine = Machine::new("raid");
    machine.write("sys/class/block/nvme1n1/holders/dm-0/dm/name", "vg-data\n");
    fails(&machine.drain(ONE, ""), "block device dm-0 (vg-data) is built on nvme1n1");

    let machine = Machine::new("namespace");
    machine.write("proc/88/comm", "container\n");
    fs::create_dir_all(machine.0.join("proc/88/ns")).unwrap();
    symlink("mnt:[4026532000]", machine.0.join("proc/88/ns/mnt")).unwrap();
    machine.write("proc/88/mountinfo", "9 1 259:1 / /inside rw - ext4 /dev/nvme1n1 rw\n");
    fails(&machine.drain(ONE, ""), "mounted at /inside in the mount namespace of process 88 (container)");
}

/// Each of these is in use without a mount, an open file, swap or an entry under `holders/`.
#[test]
fn what_the_kernel_alone_knows_to_be_in_use_is_told_and_is_a_failure() {
    let machine = Machine::new("loop");
    machine.write("sys/block/nvme1n1/nvme1n1p1/dev", "259:3\n");
    machine.write("sys/class/block/nvme1n1p1/dev", "259:3\n");
    machine.write("dev/nvme1n1p1", "");
    machine.write("sys/block/loop3/loop/backing_file", "/var/disk.img\n");
    assert_eq!(machine.drain(ONE, "").status.code(), Some(0));
    fs::create_dir_all(machine.0.join("dev/disk/by-id")).unwrap();
    symlink("../../nvme1n1p1", machine.0.join("dev/disk/by-id/data-part1")).unwrap();
    for (file, of) in [
        ("/dev/nvme1n1", "nvme1n1"),
        ("/dev/nvme1n1 (deleted)", "nvme1n1"),
        ("/dev/nvme1n1p1", "nvme1n1p1"),
        ("/dev/disk/by-id/data-part1", "nvme1n1p1"),
    ] {
        machine.write("sys/block/loop4/loop/backing_file", &format!("{file}\n"));
        fails(&machine.drain(ONE, ""), &format!("loop device loop4 is built on {of}\n"));
    }
    machine.write("sys/block/loop4/loop/backing_file", "/dev/nvme2n1\n");
    assert_eq!(machine.drain(ONE, "").status.code(), Some(0));

    let machine = Machine::new("nvmet");
    machine.write("sys/kernel/config/nvmet/subsystems/out/namespaces/1/device_path", "/dev/nvme1n1\n");
    fails(&machine.drain(ONE, ""), "nvme1n1 is served to others (/sys/kernel/config/nvmet/subsystems/out/");

    let machine = Machine::new("scsi");
    let info = "Status: ACTIVATED\n TCM FILEIO ID: 0        File: /dev/nvme1n1  Size: 1\n";
    machine.write("sys/kernel/config/target/core/fileio_0/out/info", info);
    fails(
        &machine.drain(ONE, ""),
        "nvme1n1 is served to others (/sys/kernel/config/target/core/fileio_0/out/info)",
    );

    let machine = Machine::new("mapped");
    machine.write("proc/99/comm", "database\n");
    machine.write("proc/99/maps", "7f00-7f01 rw-s 00000000 00:06 300                /dev/nvme1n1\n");
    fails(&machine.drain(ONE, ""), "process 99 (database) has nvme1n1 in its memory");

    let machine = Machine::new("zfs");
    machine.write("types/nvme1n1", "zfs_member\nzfs_member\n");
    assert_eq!(machine.drain(ONE, "").status.code(), Some(0), "nobody can have it without the module");
    machine.write("sys/module/zfs/version", "2.2\n");
    fails(&machine.drain(ONE, ""), "zfs may have nvme1n1");
    machine.write("types/nvme1n1", "ext4\n");
    assert_eq!(machine.drain(ONE, "").status.code(), Some(0));
    machine.tool("wipefs", "exit 1");
    fails(&machine.drain(ONE, ""), "zfs may have nvme1n1");
}

/// The kernel's own answer is asked for by whatever can ask, in this order, and missing where nothing can.
#[test]
fn a_disk_that_the_kernel_gives_to_nobody_is_a_failure() {
    let says = "for last; do :; done; echo \"the kernel says no of $last\"";
    let machine = Machine::new("claimed");
    machine.tool("python3", says);
    fails(&machine.drain(ONE, ""), "claimed/dev/nvme1n1");
    machine.tool("python3", "exit 1");
    machine.tool("python", "exit 1");
    machine.tool("perl", says);
    fails(&machine.drain(ONE, ""), "claimed/dev/nvme1n1");
    machine.tool("perl", "exit 1");
    assert_eq!(machine.drain(ONE, "").status.code(), Some(0));

    let machine = Machine::new("unopened");
    fs::remove_file(machine.0.join("dev/nvme1n1")).unwrap();
    for tool in ["python3", "perl"] {
        fails(&machine.drain(ONE, ""), "dev/nvme1n1 to one alone (No such file or directory)");
        machine.tool(tool, "exit 1");
        machine.tool("python", "exit 1");
    }
}

#[test]
fn a_unit_that_does_not_stop_fails_before_anything_is_unmounted() {
    let machine = Machine::new("stubborn");
    machine.write("stubborn", "");
    fails(&machine.drain(ONE, "postgresql.service"), "unit postgresql.service is active");
    assert!(!machine.log().contains("umount"));
}

#[test]
fn a_volume_that_is_not_there_fails_before_anything_is_stopped() {
    let machine = Machine::new("absent");
    let absent = "vol-0123456789abcdef2";
    fails(&machine.drain(&format!("{ONE} {absent}"), "postgresql.service"), absent);
    assert_eq!(machine.log(), "");
    for (volumes, words) in
        [("", "no volume is named"), ("vol-", "no volume id"), ("vol-1;ls", "no volume id")]
    {
        fails(&machine.drain(volumes, ""), words);
    }
    assert_eq!(machine.log(), "");
}
