//! The stories of the fault matrix: a world at the moment at which something happens, and what happens is told by the
//! cloud's own events.

use crate::deployment;
use crate::groups::{self, Wanted};
use crate::quiet::REST;
use crate::stage;
use chrono::TimeDelta;
use local_ec2::actions::{StopInstances, TerminateInstances};
use local_ec2::state::{Interruption, Market, Transition};
use local_ec2::{ApiError, Cloud, Impossible, Setup, Span, Throttling, Timing};
use planner::ids::{InstanceId, Zone};

/// A story, and how its world is prepared.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// What happens.
    pub name: &'static str,
    /// How long before an interruption it is announced, in seconds.
    notice: i64,
    prepare: fn(&mut Cloud) -> Result<(), Unprepared>,
}

/// A story in which EC2 is in a hurry with interruptions, too.
const fn hurried(name: &'static str, prepare: fn(&mut Cloud) -> Result<(), Unprepared>) -> Scenario {
    Scenario { name, notice: 8, prepare }
}

/// A story with the two minutes that EC2 gives.
const fn unhurried(name: &'static str, prepare: fn(&mut Cloud) -> Result<(), Unprepared>) -> Scenario {
    Scenario { name, notice: 120, prepare }
}

/// A world that could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum Unprepared {
    /// EC2 refused a call.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The world cannot do that.
    #[error(transparent)]
    Impossible(#[from] Impossible),
}

/// Every story.
pub const SCENARIOS: [Scenario; 17] = [
    hurried("first instance runs", first_instance),
    hurried("holder ends, replacement runs", ended_holder),
    hurried("holder is stopped, replacement runs", stopped_holder),
    hurried("interruption warning", interruption),
    hurried("two slots, two instances", two_slots),
    hurried("addresses only, interruption warning", addresses_only),
    hurried("three volumes, two addresses, first instance runs", many_parts),
    hurried("two volumes, two addresses, holder is stopped", many_parts_stopped),
    hurried("interruption warning, drained", drained),
    hurried("two volumes, drained by hand", drained_by_hand),
    hurried("launch hook", launch_hook),
    hurried("terminate and launch hooks, on-release", terminate_hook),
    hurried("terminate hook, drained", terminate_hook_drained),
    hurried("interruption warning, terminate", terminated),
    hurried("recommendation, terminate", recommended_terminated),
    hurried("recommendation, drained", recommended_drained),
    unhurried("interruption warning, drained once a candidate runs", drained_in_time),
];

impl Scenario {
    /// Its world, with the first event on its way.
    pub fn world(&self) -> Result<Cloud, Unprepared> {
        let timing = Timing { notice: Span::exactly(self.notice), ..timing() };
        let default_policy = Some(deployment::settings().handover);
        let setup = Setup { timing, throttling: Throttling::Off, default_policy, ..Setup::default() };
        let mut cloud = Cloud::new(setup);
        (self.prepare)(&mut cloud)?;
        Ok(cloud)
    }
}

/// EC2 in a hurry, so that a story has few calls and every pair of them can be tried. An answer is stale only where that
/// is the fault.
fn timing() -> Timing {
    Timing {
        attach: Span::millis(1500, 1500),
        detach: Span::millis(1500, 1500),
        create_volume: Span::exactly(1),
        mount: Span::exactly(6),
        pending: Span::exactly(15),
        stop: Span::exactly(5),
        shutdown: Span::exactly(6),
        shutdown_stopped: Span::exactly(2),
        release: Span::exactly(-1),
        group: Span::exactly(1),
        group_health: Span::exactly(3),
        group_step: Span::millis(500, 500),
        command_delivery: Span::millis(500, 500),
        command: Span::exactly(1),
        stale_share: 0.0,
        latency: Span::millis(50, 50),
        ..Timing::default().with_lag(4)
    }
}

const FLEET: &str = "holdfast:fleet";

fn zone() -> Zone {
    Zone::new("us-east-1a")
}

fn instance(cloud: &mut Cloud, market: Option<Market>) -> InstanceId {
    stage::launch(cloud, &stage::data(2, false, market), &zone(), stage::tags(&[(FLEET, "web")]))
}

/// Makes the parts of a slot; those of a holder are on it at once.
fn slot(
    cloud: &mut Cloud,
    name: &str,
    (volumes, addresses): (usize, usize),
    holder: Option<&InstanceId>,
) -> Result<(), ApiError> {
    slot_of(cloud, &[(FLEET, "web"), ("holdfast:slot", name)], (volumes, addresses), holder)
}

const DRAINED: [(&str, &str); 2] = [(FLEET, "web"), ("holdfast:handover", "drain")];

const TERMINATED: [(&str, &str); 2] = [(FLEET, "web"), ("holdfast:handover", "terminate")];

/// The same, of these tags.
fn slot_of(
    cloud: &mut Cloud,
    tags: &[(&str, &str)],
    (volumes, addresses): (usize, usize),
    holder: Option<&InstanceId>,
) -> Result<(), ApiError> {
    let tags = stage::tags(tags);
    let mut made = Vec::new();
    for _ in 0..volumes {
        made.push(stage::volume(cloud, &zone(), tags.clone())?);
    }
    made.sort();
    let mut pointing = Vec::new();
    for _ in 0..addresses {
        pointing.push(stage::address(cloud, tags.clone())?);
    }
    pointing.sort();
    cloud.pass(20);
    let Some(holder) = holder else { return Ok(()) };
    for (volume, device) in made.iter().zip(["/dev/sdf", "/dev/sdg", "/dev/sdh"]) {
        stage::attach(cloud, volume, holder, device)?;
    }
    for (place, address) in pointing.iter().enumerate() {
        stage::associate(cloud, address, holder, place)?;
    }
    cloud.pass(20);
    Ok(())
}

/// Forgets the events so far: the story begins now.
fn begin(cloud: &mut Cloud) {
    cloud.pass(60);
    drop(cloud.take_events());
}

fn ids(instance: &InstanceId) -> Vec<String> {
    vec![instance.to_string()]
}

const SPOT: Option<Market> = Some(Market { persistent: false, interruption: Interruption::Terminate });

fn first_instance(cloud: &mut Cloud) -> Result<(), Unprepared> {
    slot(cloud, "main", (1, 1), None)?;
    begin(cloud);
    instance(cloud, SPOT);
    Ok(())
}

fn ended_holder(cloud: &mut Cloud) -> Result<(), Unprepared> {
    let holder = instance(cloud, SPOT);
    slot(cloud, "main", (1, 1), Some(&holder))?;
    instance(cloud, SPOT);
    begin(cloud);
    stage::ask(cloud, &TerminateInstances { instance_ids: ids(&holder) })?;
    Ok(())
}

fn stopped_holder(cloud: &mut Cloud) -> Result<(), Unprepared> {
    stopped(cloud, (1, 1))
}

fn many_parts_stopped(cloud: &mut Cloud) -> Result<(), Unprepared> {
    stopped(cloud, (2, 2))
}

fn stopped(cloud: &mut Cloud, parts: (usize, usize)) -> Result<(), Unprepared> {
    let holder = instance(cloud, None);
    slot(cloud, "main", parts, Some(&holder))?;
    instance(cloud, None);
    begin(cloud);
    stage::ask(cloud, &StopInstances { instance_ids: ids(&holder), hibernate: false })?;
    Ok(())
}

fn interruption(cloud: &mut Cloud) -> Result<(), Unprepared> {
    interrupted(cloud, (1, 1))
}

fn addresses_only(cloud: &mut Cloud) -> Result<(), Unprepared> {
    interrupted(cloud, (0, 2))
}

fn interrupted(cloud: &mut Cloud, parts: (usize, usize)) -> Result<(), Unprepared> {
    let holder = instance(cloud, SPOT);
    slot(cloud, "main", parts, Some(&holder))?;
    instance(cloud, SPOT);
    begin(cloud);
    cloud.interrupt(&holder)?;
    Ok(())
}

fn drained(cloud: &mut Cloud) -> Result<(), Unprepared> {
    let holder = holder_by(cloud, &DRAINED)?;
    instance(cloud, SPOT);
    begin(cloud);
    cloud.interrupt(&holder)?;
    Ok(())
}

fn terminated(cloud: &mut Cloud) -> Result<(), Unprepared> {
    let holder = holder_by(cloud, &TERMINATED)?;
    instance(cloud, SPOT);
    begin(cloud);
    cloud.interrupt(&holder)?;
    Ok(())
}

/// The replacement is launched when the holder is warned, and the two minutes are not over when it runs.
fn drained_in_time(cloud: &mut Cloud) -> Result<(), Unprepared> {
    let holder = holder_by(cloud, &DRAINED)?;
    begin(cloud);
    cloud.interrupt(&holder)?;
    instance(cloud, SPOT);
    Ok(())
}

/// A spot instance that has a slot of these tags.
fn holder_by(cloud: &mut Cloud, tags: &[(&str, &str)]) -> Result<InstanceId, ApiError> {
    let holder = instance(cloud, SPOT);
    slot_of(cloud, tags, (1, 1), Some(&holder))?;
    Ok(holder)
}

fn recommended_terminated(cloud: &mut Cloud) -> Result<(), Unprepared> {
    recommended(cloud, &TERMINATED)
}

fn recommended_drained(cloud: &mut Cloud) -> Result<(), Unprepared> {
    recommended(cloud, &DRAINED)
}

/// A replacement runs, and nobody but Holdfast does anything about the holder.
fn recommended(cloud: &mut Cloud, tags: &[(&str, &str)]) -> Result<(), Unprepared> {
    let holder = holder_by(cloud, tags)?;
    instance(cloud, SPOT);
    cloud.pass(REST.num_seconds());
    begin(cloud);
    cloud.recommend(&holder)?;
    Ok(())
}

/// The holder stays: whatever is left undone there is not done by its end.
fn drained_by_hand(cloud: &mut Cloud) -> Result<(), Unprepared> {
    let holder = instance(cloud, None);
    slot_of(cloud, &DRAINED, (2, 0), Some(&holder))?;
    stage::mark(cloud, holder.as_str(), "holdfast:draining", "by hand")?;
    begin(cloud);
    instance(cloud, None);
    Ok(())
}

fn two_slots(cloud: &mut Cloud) -> Result<(), Unprepared> {
    slot(cloud, "one", (1, 1), None)?;
    slot(cloud, "two", (1, 1), None)?;
    instance(cloud, None);
    begin(cloud);
    instance(cloud, None);
    Ok(())
}

fn many_parts(cloud: &mut Cloud) -> Result<(), Unprepared> {
    slot(cloud, "main", (3, 2), None)?;
    begin(cloud);
    instance(cloud, SPOT);
    Ok(())
}

/// A group of so many instances, which wait for hooks from now on. No story lasts as long as these wait.
fn group(cloud: &mut Cloud, size: usize) -> Result<(), ApiError> {
    let wanted = Wanted {
        name: "web",
        data: stage::data(2, false, None),
        zones: &[zone()],
        size,
        hooks: Vec::new(),
        tags: stage::tags(&[(FLEET, "web")]),
        rebalances: false,
    };
    groups::make(cloud, wanted)?;
    cloud.pass(40);
    for (name, transition) in
        [("holdfast-launch", Transition::Launching), ("holdfast-terminate", Transition::Terminating)]
    {
        groups::put_hook(cloud, "web", &groups::hook(name, transition, 7200, "ABANDON"))?;
    }
    Ok(())
}

fn launch_hook(cloud: &mut Cloud) -> Result<(), Unprepared> {
    slot(cloud, "main", (1, 1), None)?;
    group(cloud, 0)?;
    begin(cloud);
    groups::scale(cloud, "web", 1)?;
    Ok(())
}

/// The group has another instance in the holder's place, which waits in its turn.
fn terminate_hook(cloud: &mut Cloud) -> Result<(), Unprepared> {
    let Some(holder) = holder_in_group(cloud, &DRAINED[..1], 1)? else { return Ok(()) };
    groups::end(cloud, &holder)?;
    Ok(())
}

/// The candidate is in service already. Of two instances that are as old, the group ends the first.
fn terminate_hook_drained(cloud: &mut Cloud) -> Result<(), Unprepared> {
    holder_in_group(cloud, &DRAINED, 2)?;
    groups::scale(cloud, "web", 1)?;
    Ok(())
}

fn holder_in_group(
    cloud: &mut Cloud,
    tags: &[(&str, &str)],
    size: usize,
) -> Result<Option<InstanceId>, Unprepared> {
    group(cloud, size)?;
    let holder = cloud.instances().next().map(|instance| instance.id.clone());
    slot_of(cloud, tags, (1, 1), holder.as_ref())?;
    begin(cloud);
    Ok(holder)
}

/// How long a story goes on by itself, until its world is quiet.
pub const STORY: TimeDelta = TimeDelta::seconds(45);
