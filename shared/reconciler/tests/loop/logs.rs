//! What each call of a plan leaves in the log.

use crate::scripted::{Scripted, Turn};
use crate::world::world;
use crate::{on_demand, running};
use planner::fixtures::{address, volume};
use reconciler::ec2::Action;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// What has been logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that an invocation logs about steps, without their time.
async fn logged(ec2: &Scripted) -> Vec<Value> {
    let log = Log::default();
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_target(false).without_time();
    {
        let writer = log.clone();
        let _guard = tracing::subscriber::set_default(lines.with_writer(move || writer.clone()).finish());
        let ran = ec2.run(&running(1)).await;
        assert!(!ran.acts().is_empty());
    }
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.get("step").is_some()).collect()
}

#[tokio::test(start_paused = true)]
async fn each_step_is_logged_with_its_slot_and_what_became_of_it() {
    let ec2 = Scripted::new(world([volume(1).into(), address(1).into(), on_demand(1).into()]));
    let words = "You are not authorized to perform this operation.";
    let ec2 = ec2.during(Action::AssociateAddress, 1..=1, Turn::Refuse("UnauthorizedOperation", words));
    let lines = logged(&ec2).await;
    let attached = json!({"level": "INFO", "message": "done", "fleet": "web", "slot": "main",
        "step": "attach-volume", "volume": "vol-00000001", "instance": "i-00000001"});
    assert_eq!(lines[0], attached);
    let refused = &lines[1];
    assert_eq!((&refused["level"], &refused["message"]), (&"WARN".into(), &"failed".into()));
    assert_eq!((&refused["step"], &refused["slot"]), (&"associate-address".into(), &"main".into()));
    assert_eq!(
        (&refused["address"], &refused["instance"]),
        (&"eipalloc-00000001".into(), &"i-00000001".into())
    );
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains("UnauthorizedOperation") && error.contains(words), "{error}");
    assert_eq!(lines.len(), 2, "{lines:#?}");
}
