//! The two stories, each from a fleet whose first instance has just begun to run to a slot that has moved.

use crate::account::Account;
use crate::deployment::Deployment;
use crate::play::Play;
use crate::recording::Recording;
use crate::scene::{Name, Scene};
use crate::screen::Screen;
use crate::verdict::{Evidence, Promise, judge, summary};
use crate::{Error, NOTICE_SECONDS};
use std::io::Write;
use std::time::Duration;

/// A story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// An instance dies, and the fleet launches another.
    Replacement,
    /// EC2 recommends to replace an instance, warns, and takes it.
    Interruption,
}

impl Story {
    /// Both, in the order in which they are told.
    pub const ALL: [Self; 2] = [Self::Replacement, Self::Interruption];

    /// What it is called, which is also its argument.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replacement => "replacement",
            Self::Interruption => "interruption",
        }
    }

    fn prologue(self) -> String {
        match self {
            Self::Replacement => "\
REPLACEMENT. The only instance of a spot fleet dies. The fleet launches another,
and Holdfast brings the volume and the address to it."
                .to_owned(),
            Self::Interruption => format!(
                "\
INTERRUPTION. EC2 recommends to replace an instance, so the fleet launches
another one ahead of time. Then EC2 warns that it takes the instance in {NOTICE_SECONDS} s,
and does. (EC2 gives two minutes. This is the one time that the demo shortens.)"
            ),
        }
    }

    fn promise(self) -> Promise {
        match self {
            Self::Replacement => Promise::Replacement,
            Self::Interruption => Promise::Interruption,
        }
    }

    /// Plays the story, records it, and judges it. What was recorded stays, however it ends.
    pub async fn play<W: Write>(
        self,
        recording: &mut Recording,
        screen: &mut Screen<W>,
    ) -> Result<(), Error> {
        let account = Account::open().await?;
        screen.begin(&format!("{}\n\n{}", self.prologue(), account.description()))?;
        let deployment = Deployment::read(account.environment())?;
        let play = Play::begin(account, deployment, recording, screen);
        let evidence = match self {
            Self::Replacement => replacement(play).await?,
            Self::Interruption => interruption(play).await?,
        };
        self.conclude(recording, &evidence, screen)
    }

    fn conclude<W: Write>(
        self,
        recording: &Recording,
        evidence: &Evidence,
        screen: &mut Screen<W>,
    ) -> Result<(), Error> {
        let wrongs = judge(self.promise(), recording, evidence);
        if wrongs.is_empty() {
            return screen.say(&summary(recording).join("\n"));
        }
        let told: Vec<_> = wrongs.iter().map(|wrong| format!("- {wrong}")).collect();
        Err(Error::Wrong(told.join("\n")))
    }
}

/// How long it may take until the first instance serves: an event, and an attachment.
const FIRST: Duration = Duration::from_secs(30);
/// How long the fleet may take to launch another instance.
const LAUNCH: Duration = Duration::from_secs(30);
/// How long it may take until the other instance serves.
const HANDOVER: Duration = Duration::from_mins(2);

async fn replacement<W: Write>(mut play: Play<'_, W>) -> Result<Evidence, Error> {
    let first = first_holder(&mut play).await?;
    play.pause(Duration::from_secs(3)).await?;
    play.tell(format!("somebody terminates {first}"));
    play.account.terminate(first).await?;
    let second = next_holder(&mut play, first).await?;
    let quiet = play.expect_quiet().await?;
    play.repeat(second, "running", ", the same event again")?;
    play.pause(Duration::from_secs(2)).await?;
    play.repeat(first, "running", ", very late")?;
    play.until_all_have_answered().await?;
    play.until_the_sweep_has_come().await?;
    play.evidence(&quiet).await
}

async fn interruption<W: Write>(mut play: Play<'_, W>) -> Result<Evidence, Error> {
    let first = first_holder(&mut play).await?;
    play.pause(Duration::from_secs(2)).await?;
    play.tell(format!("EC2 is made to recommend that {first} be replaced"));
    play.account.befall("recommend", first).await?;
    let is_launched = |scene: &Scene| scene.instances.len() > 1;
    play.until("the fleet has launched another instance", LAUNCH, is_launched).await?;
    play.pause(Duration::from_secs(6)).await?;
    play.tell(format!("EC2 is made to take {first}, with {NOTICE_SECONDS} s of notice"));
    play.account.befall("interrupt", first).await?;
    let second = next_holder(&mut play, first).await?;
    let quiet = play.expect_quiet().await?;
    play.repeat(second, "running", ", the same event again")?;
    play.pause(Duration::from_secs(2)).await?;
    play.until_all_have_answered().await?;
    play.evidence(&quiet).await
}

async fn first_holder<W: Write>(play: &mut Play<'_, W>) -> Result<Name, Error> {
    let serves = |scene: &Scene| scene.serves().is_some();
    let scene = play.until("the first instance has the volume and the address", FIRST, serves).await?;
    scene.serves().ok_or_else(|| Error::Unexpected { what: "no holder".to_owned() })
}

/// Waits until another instance serves and every function has answered.
async fn next_holder<W: Write>(play: &mut Play<'_, W>, first: Name) -> Result<Name, Error> {
    let other = |scene: &Scene| scene.serves().filter(|name| *name != first);
    let moved = |scene: &Scene| other(scene).is_some();
    let scene = play.until("another instance has the volume and the address", HANDOVER, moved).await?;
    play.until_all_have_answered().await?;
    other(&scene).ok_or_else(|| Error::Unexpected { what: "no holder".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{replacement, s};
    use crate::screen::Kind;

    #[test]
    fn a_story_is_as_good_as_its_evidence() {
        let recording = replacement();
        let good = Evidence {
            end: recording.now(),
            quiet_since: s(49.0),
            writes: Vec::new(),
            violations: Vec::new(),
        };
        let bad = Evidence { end: Scene::default(), ..good.clone() };
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, Kind::Plain);
        Story::Replacement.conclude(&recording, &good, &mut screen).unwrap();
        let wrong = Story::Replacement.conclude(&recording, &bad, &mut screen).unwrap_err().to_string();
        assert!(wrong.starts_with("the story went wrong:\n- EC2 says that the volume is free"), "{wrong}");
        // The same recording shows no foresight.
        let wrong = Story::Interruption.conclude(&recording, &good, &mut screen).unwrap_err().to_string();
        assert!(wrong.contains("A was not marked"), "{wrong}");
        let told = String::from_utf8(out).unwrap();
        assert_eq!(told.matches("39.0 s without service").count(), 1);
    }
}
