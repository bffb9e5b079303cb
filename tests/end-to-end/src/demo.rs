//! The demo: a spot fleet loses its instance, and the volume and the address follow the replacement.
//!
//! The story is told from what EC2 says, and never from what a function reports.

mod cast;
mod timeline;

use crate::{Error, Moto, Stage};
use ::stage::events;
use cast::Cast;
use std::io::Write;
use timeline::{Timeline, summary};

const PROLOGUE: &str = "\
A spot fleet loses its instance, and Holdfast brings the volume and the address to the replacement.

Real   the function binaries, under AWS's Lambda runtime interface emulator, and EventBridge's payloads
Local  EC2, which is moto, on a loopback port
*      what EC2 does and moto does not; this demo does it instead: it sends the events, sets the tag that
       tells an instance's fleet, starts the replacement, and takes the address off a dead instance

";

const EPILOGUE: &str =
    "B has both, as DescribeVolumes and DescribeAddresses tell, and what came again or late changed nothing.";

/// Plays the story, and fails when it ends, or goes on the way, otherwise than promised.
pub async fn play(out: &mut impl Write) -> Result<(), Error> {
    let moto = Moto::start().await?;
    let stage = Stage::set(&moto).await?;
    let mut cast = Cast::assemble(&stage).await?;
    let mut timeline = Timeline::begin(out, &format!("{PROLOGUE}{}", cast.description()))?;
    act_one(&stage, &mut cast, &mut timeline).await?;
    act_two(&stage, &mut cast, &mut timeline).await?;
    epilogue(&stage, &mut cast, &mut timeline).await?;
    timeline.end(EPILOGUE)
}

/// The first instance runs and gets the slot; then EC2 warns that it will take the instance.
async fn act_one<W: Write>(
    stage: &Stage,
    cast: &mut Cast,
    timeline: &mut Timeline<'_, W>,
) -> Result<(), Error> {
    let first = cast.first_instance(&stage.world).await?;
    timeline.line("EC2 *", &format!("A runs, which is {first}"), &cast.holders(&stage.world).await?)?;

    let report = cast.changes.report(&events::state_change(&first, "running")?).await?;
    expect(stage, cast, timeline, "instance-state-change", &summary(&report), ["A", "A"]).await?;

    timeline.line("EC2 *", "warns that it takes A in two minutes", &cast.holders(&stage.world).await?)?;
    let report = cast.warnings.report(&events::warning(&first, events::now())?).await?;
    expect(stage, cast, timeline, "spot-interruption-warning", &summary(&report), ["A", "A"]).await?;
    let tags = stage.world.tags_of(&first).await?;
    let marked =
        tags.get("holdfast:draining").is_some_and(|mark| mark.starts_with("spot-interruption-warning"));
    if marked { Ok(()) } else { Err(Error::Story("A was not marked as draining".to_owned())) }
}

/// EC2 takes the first instance and starts another, which gets the slot.
async fn act_two<W: Write>(
    stage: &Stage,
    cast: &mut Cast,
    timeline: &mut Timeline<'_, W>,
) -> Result<(), Error> {
    let first = cast.first_instance(&stage.world).await?;
    stage.world.terminate(&first).await?;
    expect(stage, cast, timeline, "EC2 *", "A is terminated", ["-", "-"]).await?;
    let report = cast.changes.report(&events::state_change(&first, "terminated")?).await?;
    expect(stage, cast, timeline, "instance-state-change", &summary(&report), ["-", "-"]).await?;

    let second = cast.second_instance(&stage.world).await?;
    timeline.line("EC2 *", &format!("B runs, which is {second}"), &cast.holders(&stage.world).await?)?;
    let report = cast.changes.report(&events::state_change(&second, "running")?).await?;
    expect(stage, cast, timeline, "instance-state-change", &summary(&report), ["B", "B"]).await
}

/// Events come twice and late, and the sweep comes round: nothing moves, and nothing is even tried.
async fn epilogue<W: Write>(
    stage: &Stage,
    cast: &mut Cast,
    timeline: &mut Timeline<'_, W>,
) -> Result<(), Error> {
    let (first, second) =
        (cast.first_instance(&stage.world).await?, cast.second_instance(&stage.world).await?);
    stage.proxy.take();
    for (what, event) in [
        ("same event again", events::state_change(&second, "running")?),
        ("late event `A runs`", events::state_change(&first, "running")?),
        ("late event `A shuts down`", events::state_change(&first, "shutting-down")?),
    ] {
        let report = cast.changes.report(&event).await?;
        let told = format!("{what}: {}", summary(&report));
        expect(stage, cast, timeline, "instance-state-change", &told, ["B", "B"]).await?;
    }
    let report = cast.sweep.report(&events::reconcile()?).await?;
    let told = format!("a minute has passed: {}", summary(&report));
    expect(stage, cast, timeline, "reconcile", &told, ["B", "B"]).await?;
    match stage.proxy.take().writes().as_slice() {
        [] => Ok(()),
        writes => Err(Error::Story(format!("events that say nothing new led to {}", writes.join(", ")))),
    }
}

/// Tells a line, and fails unless EC2 says that the volume and the address are where they should be.
async fn expect<W: Write>(
    stage: &Stage,
    cast: &Cast,
    timeline: &mut Timeline<'_, W>,
    who: &str,
    what: &str,
    expected: [&str; 2],
) -> Result<(), Error> {
    let holders = cast.holders(&stage.world).await?;
    timeline.line(who, what, &holders)?;
    if holders == expected {
        return Ok(());
    }
    let [volume, address] = &holders;
    Err(Error::Story(format!(
        "EC2 says that the volume is on {volume} and the address on {address}; expected {} and {}",
        expected[0], expected[1]
    )))
}
