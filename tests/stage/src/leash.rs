//! A process on a leash: it ends when its owner lets go of it or dies, even by `kill -9`.

use crate::Error;
use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::time::Instant;

/// Runs its arguments and ends them once its standard input is closed, which the kernel does when the owner dies.
/// A signal, such as that of Ctrl-C in a terminal, does not end the keeper before it has done so. What its program
/// started goes too: the emulator does not always see to a function that is at work.
const KEEPER: &str = r#"
trap : HUP INT TERM
exec 2>&1
"$@" </dev/null &
child=$!
read -r _
kin=$(cat /proc/"$child"/task/*/children 2>/dev/null)
kill "$child" 2>/dev/null
wait "$child"
[ -z "$kin" ] || kill -KILL $kin 2>/dev/null
"#;

/// How often a look is taken whether a process has come up, or gone.
const PAUSE: Duration = Duration::from_millis(20);

/// How long an ending process may take: 2 seconds.
const LAST_LOOKS: u32 = 100;

/// A running process and what it has printed.
#[derive(Debug)]
pub struct Leash {
    name: String,
    keeper: Child,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Leash {
    /// Starts a program with nothing in its environment but what is given.
    pub fn start<S: AsRef<OsStr>>(
        name: &str,
        program: &[S],
        environment: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, name])
            .args(program)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::io(format!("start {name}")))?;
        let output = Arc::new(Mutex::new(Vec::new()));
        if let Some(mut stdout) = keeper.stdout.take() {
            let output = Arc::clone(&output);
            thread::spawn(move || collect(&mut stdout, &output));
        }
        Ok(Self { name: name.to_owned(), keeper, output })
    }

    /// What the process has printed so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Waits until the process is seen to be up.
    pub async fn ready<T>(
        &self,
        within: Duration,
        mut seen: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, Error> {
        let end = Instant::now() + within;
        while Instant::now() < end {
            if let Some(sign) = seen(&self.output()) {
                return Ok(sign);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Error::NotReady { program: self.name.clone(), within, output: self.output() })
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        for _ in 0..LAST_LOOKS {
            if !matches!(self.keeper.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(PAUSE);
        }
        // It does not end in time. The keeper stays with it, and nothing more can be done from here.
    }
}

fn collect(from: &mut impl Read, output: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let new = buffer.get(..length).unwrap_or_default();
        output.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(new);
    }
}
