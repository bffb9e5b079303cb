//! A story as it is played: every tenth of a second EC2 is looked at, events are handed to the functions that they wake,
//! answers are taken, and all of it is recorded and shown.

use crate::account::Account;
use crate::deployment::Deployment;
use crate::recording::{Recording, Source};
use crate::scene::{Name, Scene};
use crate::screen::Screen;
use crate::verdict::Evidence;
use crate::{Error, report};
use serde_json::Value;
use stage::{Answer, events};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;
use tokio::time::Instant;

/// How often EC2 is looked at.
const TICK: Duration = Duration::from_millis(100);

/// How often the schedule wakes the sweep.
const MINUTE: Duration = Duration::from_mins(1);

/// How long functions may go on when nothing is left to do.
const LAST_ANSWERS: Duration = Duration::from_secs(45);

const RECOMMENDATION: &str = "EC2 Instance Rebalance Recommendation";
/// Where an event names its instance.
const INSTANCE: &str = "/detail/instance-id";

/// A story that goes on.
pub(crate) struct Play<'a, W> {
    /// The account that it is about.
    pub(crate) account: Account,
    deployment: Deployment,
    recording: &'a mut Recording,
    screen: &'a mut Screen<W>,
    began: Instant,
    next_sweep: Instant,
    /// The events that have woken a function, in order.
    heard: Vec<Value>,
}

/// The beginning of the time in which nothing is to move any more.
pub(crate) struct Quiet {
    since: Duration,
    /// How often the functions had made each mutating call by then.
    writes: BTreeMap<&'static str, u64>,
}

impl<'a, W: Write> Play<'a, W> {
    /// Begins a story. The sweep comes round a minute later for the first time.
    pub(crate) fn begin(
        account: Account,
        deployment: Deployment,
        recording: &'a mut Recording,
        screen: &'a mut Screen<W>,
    ) -> Self {
        let began = Instant::now();
        let (next_sweep, heard) = (began + MINUTE, Vec::new());
        Self { account, deployment, recording, screen, began, next_sweep, heard }
    }

    /// Goes on until EC2 shows that it is so.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        limit: Duration,
        is_so: impl Fn(&Scene) -> bool,
    ) -> Result<Scene, Error> {
        self.go_on(what, limit, |play| is_so(&play.recording.now())).await?;
        Ok(self.recording.now())
    }

    /// Goes on for a while.
    pub(crate) async fn pause(&mut self, time: Duration) -> Result<(), Error> {
        let end = Instant::now() + time;
        self.go_on("a pause is over", time + MINUTE, |_| Instant::now() >= end).await
    }

    /// Goes on until every function has answered.
    pub(crate) async fn until_all_have_answered(&mut self) -> Result<(), Error> {
        self.go_on("all functions have answered", LAST_ANSWERS, |play| play.deployment.is_idle()).await
    }

    /// Goes on until the schedule has woken the sweep, and all have answered.
    pub(crate) async fn until_the_sweep_has_come(&mut self) -> Result<(), Error> {
        let next = self.next_sweep;
        self.go_on("the sweep comes round", MINUTE + TICK, |play| play.next_sweep != next).await?;
        self.until_all_have_answered().await
    }

    async fn go_on(
        &mut self,
        what: &str,
        limit: Duration,
        is_so: impl Fn(&Self) -> bool,
    ) -> Result<(), Error> {
        let end = Instant::now() + limit;
        loop {
            self.tick().await?;
            if is_so(self) {
                return Ok(());
            }
            if Instant::now() >= end {
                let seen = self.recording.now().in_words();
                return Err(Error::Late { what: what.to_owned(), limit, seen });
            }
            tokio::time::sleep(TICK).await;
        }
    }

    async fn tick(&mut self) -> Result<(), Error> {
        let known = self.account.ids().len();
        let scene = self.account.look().await?;
        let at = self.time();
        for (number, id) in self.account.ids().iter().enumerate().skip(known) {
            let text = format!("the fleet launches {}, which is {id}", Name::of(number));
            self.recording.tell(at, Source::Ec2, text);
        }
        self.recording.see(at, scene);
        for event in self.account.events().await? {
            self.receive(event, "");
        }
        if Instant::now() >= self.next_sweep {
            self.next_sweep += MINUTE;
            let event = events::reconcile()?;
            for function in self.deployment.scheduled() {
                self.invoke(&function, "a minute has passed", &event);
            }
        }
        let mut failure = None;
        while let Some((number, outcome)) = self.deployment.answered() {
            failure = failure.or(self.take(number, outcome).err());
        }
        self.screen.show(self.recording)?;
        failure.map_or(Ok(()), Err)
    }

    /// Since the beginning of the story, in whole tenths of a second: so what is told adds up.
    fn time(&self) -> Duration {
        let tenths = self.began.elapsed().as_millis() / TICK.as_millis();
        TICK.saturating_mul(u32::try_from(tenths).unwrap_or(u32::MAX))
    }

    /// Says what the demo does in the place of people or of EC2.
    pub(crate) fn tell(&mut self, text: impl Into<String>) {
        self.recording.tell(self.time(), Source::Outside, text);
    }

    /// Hands an event to the functions that it wakes.
    fn receive(&mut self, event: Value, how: &str) {
        let Some(cause) = self.cause(&event) else { return };
        let woken = self.deployment.woken_by(&event);
        for function in &woken {
            self.invoke(function, &format!("{cause}{how}"), &event);
        }
        if !woken.is_empty() && how.is_empty() {
            self.heard.push(event);
        }
    }

    /// Has an event come once more that came before: that this instance reached this state.
    pub(crate) fn repeat(&mut self, name: Name, state: &str, how: &str) -> Result<(), Error> {
        let id = self.account.id(name)?;
        let is_meant = |event: &&Value| text(event, INSTANCE) == id && text(event, "/detail/state") == state;
        let event = self.heard.iter().find(is_meant).cloned();
        let what = || format!("no event that {name} is {state}");
        let event = event.ok_or_else(|| Error::Unexpected { what: what() })?;
        self.receive(event, how);
        Ok(())
    }

    fn invoke(&mut self, function: &str, cause: &str, event: &Value) {
        let number = self.recording.invoke(self.time(), function, cause);
        self.deployment.invoke(number, function, event);
    }

    /// Takes an answer. An error, or none at all, ends the story.
    fn take(&mut self, number: usize, outcome: Result<Answer, String>) -> Result<(), Error> {
        let (text, failed) = match outcome {
            Ok(answer) => (report::in_short(&answer), matches!(answer, Answer::Error { .. })),
            Err(text) => (text, true),
        };
        // Of what may have a log behind it, the first line.
        let line = text.lines().next().unwrap_or_default();
        self.recording.answer(self.time(), number, line);
        let invocation = self.recording.invocations.get(number).filter(|_| failed);
        let function = invocation.map(|invocation| invocation.function.clone());
        function.map_or(Ok(()), |function| Err(Error::Failed { function, reason: text }))
    }

    /// What an event says, in words; none when it is not about an instance of the fleet.
    fn cause(&self, event: &Value) -> Option<String> {
        let name = self.account.name(text(event, INSTANCE))?;
        match text(event, "/detail-type") {
            "EC2 Instance State-change Notification" => {
                Some(format!("{name} is {}", text(event, "/detail/state")))
            }
            "EC2 Spot Instance Interruption Warning" => Some(format!("EC2 warns that it takes {name}")),
            RECOMMENDATION => Some(format!("EC2 recommends to replace {name}")),
            _ => None,
        }
    }

    /// From now on nothing is to move any more.
    pub(crate) async fn expect_quiet(&self) -> Result<Quiet, Error> {
        Ok(Quiet { since: self.time(), writes: self.account.writes().await? })
    }

    /// Asks EC2 how it all ended.
    pub(crate) async fn evidence(mut self, quiet: &Quiet) -> Result<Evidence, Error> {
        let writes = self.account.writes().await?.into_iter();
        let new = writes.filter(|(action, count)| quiet.writes.get(action) != Some(count));
        Ok(Evidence {
            end: self.account.look().await?,
            quiet_since: quiet.since,
            writes: new.map(|(action, _)| action.to_owned()).collect(),
            violations: self.account.violations().await?,
        })
    }
}

/// What stands at that place of an event; empty when nothing does.
fn text<'e>(event: &'e Value, place: &str) -> &'e str {
    event.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Kind;

    const SOON: Duration = Duration::from_millis(300);

    /// A story with functions of these names, none of which is built, that the start of an instance wakes.
    async fn play<T>(functions: &[&str], story: impl AsyncFnOnce(Play<'_, Vec<u8>>) -> T) -> (Recording, T) {
        let mut recording = Recording::begin("test");
        let mut screen = Screen::new(Vec::new(), Kind::Plain);
        let account = Account::open().await.unwrap();
        let deployment = Deployment::of(functions);
        let play = Play::begin(account, deployment, &mut recording, &mut screen);
        let outcome = tokio::task::LocalSet::new().run_until(story(play)).await;
        (recording, outcome)
    }

    #[tokio::test]
    async fn what_does_not_happen_in_time_ends_the_story() {
        let (recording, ended) =
            play(&[], async |mut play| play.until("the moon is full", SOON, |_| false).await).await;
        assert_eq!(
            ended.unwrap_err().to_string(),
            "waited 0 s until the moon is full; it did not come to that. Then the volume was free and the address \
             pointed nowhere"
        );
        assert!(recording.now().runs(Name::of(0)));
        assert!(recording.end >= SOON);
    }

    #[tokio::test]
    async fn a_function_that_gives_no_answer_ends_the_story() {
        let (recording, ended) =
            play(&["banana"], async |mut play| play.until("never", Duration::from_secs(9), |_| false).await)
                .await;
        let message = ended.unwrap_err().to_string();
        assert!(message.starts_with("banana: ") && message.contains("run `make"), "{message}");
        assert_eq!(recording.invocations[0].cause, "A is running");
    }

    #[tokio::test]
    async fn calls_of_the_functions_after_the_end_are_evidence() {
        let (_, evidence) = play(&[], async |play| {
            play.account.as_holdfast("DescribeVolumes").await;
            let quiet = play.expect_quiet().await.unwrap();
            let id = play.account.id(Name::of(0)).unwrap().to_owned();
            play.account.as_holdfast("DescribeAddresses").await;
            let tag = format!("CreateTags&ResourceId.1={id}&Tag.1.Key=mine&Tag.1.Value=1");
            play.account.as_holdfast(&tag).await;
            play.evidence(&quiet).await.unwrap()
        })
        .await;
        assert_eq!(evidence.writes, ["CreateTags"]);
        assert_eq!(evidence.violations.len(), 1);
        assert!(evidence.violations[0].contains("the tag `mine` is not Holdfast's to set"));
    }

    #[tokio::test]
    async fn without_calls_there_is_nothing_to_accuse() {
        let (_, evidence) = play(&[], async |play| {
            let quiet = play.expect_quiet().await.unwrap();
            play.evidence(&quiet).await.unwrap()
        })
        .await;
        assert_eq!((evidence.writes.len(), evidence.violations.len()), (0, 0));
        assert!(evidence.end.runs(Name::of(0)));
    }

    #[tokio::test]
    async fn only_an_event_that_came_can_come_again() {
        let (_, ended) = play(&[], async |mut play| play.repeat(Name::of(0), "stopped", "")).await;
        assert_eq!(ended.unwrap_err().to_string(), "the local EC2 told of no event that A is stopped");
    }
}
