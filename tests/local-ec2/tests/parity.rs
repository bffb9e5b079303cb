//! The local EC2 beside moto: each call that they answer differently is on a list, with who is right. `make test`
//! installs moto; without it this fails.

use std::path::Path;
use std::process::Command;

#[test]
fn every_difference_from_moto_is_listed_with_who_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".venv/bin/python");
    assert!(python.exists(), "{} is missing: run `make tools` first", python.display());
    let script = root.join("tests/parity/parity.py");
    // No folder of compiled modules is to be left behind.
    let run = Command::new(python).arg("-B").arg(script).arg(env!("CARGO_BIN_EXE_local-ec2")).output();
    let output = run.expect("a start");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
