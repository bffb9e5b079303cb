//! boto3 against the local EC2, over HTTP. `make test` installs it; without it this fails.

use local_ec2::actions::Action;
use local_ec2::{Cloud, Keys, Region, Setup, Throttling, autoscaling, serve, ssm};
use std::path::Path;
use std::process::Command;
use tokio::net::TcpListener;

#[tokio::test]
async fn boto3_talks_to_it_unchanged_and_knows_every_element_of_every_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".venv/bin/python");
    assert!(python.exists(), "{} is missing: run `make tools` first", python.display());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let region = Region::new(Cloud::new(Setup { throttling: Throttling::Off, ..Setup::default() }));
    let server = tokio::spawn(serve(listener, region, Keys::default()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boto3_roundtrip.py");
    let run = move || Command::new(python).arg(script).arg(url).output();
    let output = tokio::task::spawn_blocking(run).await.expect("an end").expect("a start");
    server.abort();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let called: Vec<String> = serde_json::from_slice(&output.stdout).expect("the actions that were called");
    let mut actions = [Action::NAMES, &autoscaling::NAMES, &ssm::NAMES].concat();
    actions.sort_unstable();
    assert_eq!(called, actions, "every action is to be called");
}
