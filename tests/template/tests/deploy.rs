//! `make deploy` never builds the functions for one processor and deploys them for another. SAM and rustup are stand-ins here.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

const MAKEFILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Makefile"));

/// Writes down how it is called. As `sam deploy` it saves the answer that the test left.
const STAND_IN: &str = r#"#!/bin/sh
echo "${0##*/} $*" >> calls
if [ "$1" = deploy ] && [ -f answer ]; then mv answer samconfig.toml; fi
"#;

/// What came of a deployment: whether it succeeded, what was called, and what was said.
struct Deployed {
    succeeded: bool,
    calls: String,
    said: String,
}

fn overrides(processor: &str) -> String {
    format!(
        "[default.deploy.parameters]\nparameter_overrides = \"Architecture=\\\"{processor}\\\" DryRun=\\\"true\\\"\"\n"
    )
}

/// Deploys in a folder of its own, where `saved` is in `samconfig.toml`, and `answered` is what the prompt ends with.
fn deploy(name: &str, arch: Option<&str>, saved: Option<&str>, answered: Option<&str>) -> Deployed {
    let folder = env::temp_dir().join(format!("holdfast-deploy-{}-{name}", std::process::id()));
    let tools = folder.join(".venv/bin");
    fs::create_dir_all(&tools).unwrap();
    for tool in ["sam", "rustup"] {
        script(&tools.join(tool));
    }
    fs::write(folder.join("Makefile"), MAKEFILE).unwrap();
    fs::write(folder.join("requirements.txt"), "").unwrap();
    fs::write(folder.join(".venv/.installed"), "").unwrap();
    for (file, processor) in [("samconfig.toml", saved), ("answer", answered)] {
        if let Some(processor) = processor {
            fs::write(folder.join(file), overrides(processor)).unwrap();
        }
    }
    let inherited = env::var_os("PATH").unwrap_or_default();
    let paths: Vec<PathBuf> = [tools].into_iter().chain(env::split_paths(&inherited)).collect();
    let mut make = Command::new("make");
    make.arg("deploy").current_dir(&folder).env("PATH", env::join_paths(paths).unwrap());
    for variable in ["ARCH", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL"] {
        make.env_remove(variable);
    }
    if let Some(arch) = arch {
        make.env("ARCH", arch);
    }
    let output = make.output().unwrap();
    let calls = fs::read_to_string(folder.join("calls")).unwrap_or_default();
    fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    Deployed { succeeded: output.status.success(), calls, said }
}

fn script(path: &Path) {
    fs::write(path, STAND_IN).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_first_deployment_is_for_the_processor_that_is_asked_for() {
    for (name, arch, expected) in [("first", None, "arm64"), ("first-x86", Some("x86_64"), "x86_64")] {
        let deployed = deploy(name, arch, None, Some(expected));
        assert!(deployed.succeeded, "{}", deployed.said);
        for part in ["sam build", "sam deploy --guided"] {
            let call = format!("{part} --parameter-overrides Architecture={expected}\n");
            assert!(deployed.calls.contains(&call), "{}", deployed.calls);
        }
    }
}

#[test]
fn later_ones_are_for_the_processor_that_was_saved_and_keep_all_answers() {
    let deployed = deploy("later", None, Some("x86_64"), None);
    assert!(deployed.succeeded, "{}", deployed.said);
    let expected = "rustup target add x86_64-unknown-linux-gnu\n\
                    sam build --parameter-overrides Architecture=x86_64\nsam deploy --guided\n";
    assert_eq!(deployed.calls, expected);
}

#[test]
fn another_processor_than_the_saved_one_is_refused_before_anything_is_built() {
    let deployed = deploy("another", Some("x86_64"), Some("arm64"), None);
    assert!(!deployed.succeeded);
    assert_eq!(deployed.calls, "");
    for named in ["ARCH is x86_64", "samconfig.toml deploys for arm64", "Architecture="] {
        assert!(deployed.said.contains(named), "{}", deployed.said);
    }
}

#[test]
fn another_answer_than_what_was_built_fails_loudly() {
    let deployed = deploy("answer", None, Some("arm64"), Some("x86_64"));
    assert!(!deployed.succeeded);
    for named in ["Built for arm64, and deployed for x86_64", "`make deploy` without ARCH"] {
        assert!(deployed.said.contains(named), "{}", deployed.said);
    }
}

#[test]
fn answers_that_were_not_saved_are_left_to_the_reader() {
    let deployed = deploy("unsaved", None, None, None);
    assert!(deployed.succeeded, "{}", deployed.said);
    assert!(deployed.said.contains("see that Architecture was arm64"), "{}", deployed.said);
}

#[test]
fn a_processor_that_is_none_is_refused() {
    let deployed = deploy("none", Some("arm"), None, None);
    assert!(!deployed.succeeded);
    assert_eq!(deployed.calls, "");
    assert!(deployed.said.contains("must be arm64 or x86_64"), "{}", deployed.said);
}
