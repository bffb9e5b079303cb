//! Random worlds: zones, fleets, and slots for them, from a seed.

mod groups;

use crate::deployment;
use crate::stage;
use local_ec2::actions::{
    CreateFleet, CreateLaunchTemplate, LaunchTemplateConfig, Override, RebalanceSpec, RequestSpotFleet,
    TemplateSpec,
};
use local_ec2::autoscaling::HookSpec;
use local_ec2::state::{Interruption, LaunchData, Market};
use local_ec2::{ApiError, Cloud, Fault, Setup, Shares, Timing, Weather};
use planner::ids::Zone;
use planner::tags::Tags;

/// A world, and who launches what in it.
#[derive(Debug)]
pub struct World {
    /// The account.
    pub cloud: Cloud,
    /// Its fleets.
    pub fleets: Vec<Fleet>,
    /// Whether an instance that launches where its fleet has no volume is abandoned.
    pub abandons: bool,
    /// The rest of the seed's draws.
    pub random: fastrand::Rng,
}

/// A fleet, as far as whoever runs it knows.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// Its name, as tags have it.
    pub name: String,
    /// Where its instances go.
    pub zones: Vec<Zone>,
    /// What its instances are launched from.
    pub data: LaunchData,
    /// What they are tagged with, where nobody but the one who launches them keeps them.
    pub tags: Tags,
    /// How many of them people want.
    pub size: usize,
    /// Whether EC2 keeps its capacity, or EC2 Auto Scaling.
    pub kept: bool,
    /// The hooks that it was made with, where it is an Auto Scaling group.
    pub hooks: Option<Vec<HookSpec>>,
}

/// Draws a world.
pub fn draw(seed: u64) -> Result<World, ApiError> {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5EED);
    let mut cloud = Cloud::new(setup(seed, &mut random));
    let zones = cloud.setup().zones.clone();
    let count = random.usize(1..=3);
    let mut fleets = Vec::new();
    for number in 0..count {
        fleets.push(fleet(&mut cloud, number, &zones, &mut random)?);
    }
    for fleet in &fleets {
        for slot in 0..random.usize(1..=3) {
            draw_slot(&mut cloud, fleet, slot, &mut random)?;
        }
    }
    let abandons = chance(&mut random, 0.3);
    Ok(World { cloud, fleets, abandons, random })
}

fn chance(random: &mut fastrand::Rng, share: f64) -> bool {
    random.f64() < share
}

fn setup(seed: u64, random: &mut fastrand::Rng) -> Setup {
    let zones = ["us-east-1a", "us-east-1b", "us-east-1c"].map(Zone::new);
    let bad = [0.0, 0.1, 0.4];
    let mut share = || random.choice(bad).unwrap_or_default();
    let weather = Weather { lost: share(), doubled: share(), late: share(), ..Weather::default() };
    let zones = zones.into_iter().take(random.usize(1..=3)).collect();
    let agentless_share = random.choice([0.0, 0.0, 0.2]).unwrap_or_default();
    let command_fails = random.choice([0.0, 0.0, 0.3]).unwrap_or_default();
    let command_lost = random.choice([0.0, 0.0, 0.1]).unwrap_or_default();
    let early_hooks_share = random.choice([0.0, 0.5]).unwrap_or_default();
    let timing =
        Timing { agentless_share, command_fails, command_lost, early_hooks_share, ..Timing::default() };
    let timing = timing.with_lag(random.choice([0, 0, 1, 2, 3, 4]).unwrap_or_default());
    let default_policy = Some(deployment::settings().handover);
    Setup { seed, zones, timing, weather, faults: shares(random), default_policy, ..Setup::default() }
}

/// How often each fault befalls calls, none more often than one call in twenty-five.
fn shares(random: &mut fastrand::Rng) -> Shares {
    let mut shares = Fault::ALL.map(|fault| {
        let share = random.choice([0.0, 0.0, 0.01, 0.04]).unwrap_or_default();
        format!("{fault}={share}")
    });
    random.shuffle(&mut shares);
    format!("*:{}", shares.join(",")).parse().unwrap_or_default()
}

fn interruption(random: &mut fastrand::Rng) -> Interruption {
    let kinds =
        [Interruption::Terminate, Interruption::Terminate, Interruption::Stop, Interruption::Hibernate];
    random.choice(kinds).unwrap_or_default()
}

fn fleet(
    cloud: &mut Cloud,
    number: usize,
    zones: &[Zone],
    random: &mut fastrand::Rng,
) -> Result<Fleet, ApiError> {
    let mut zones = zones.to_vec();
    random.shuffle(&mut zones);
    zones.truncate(random.usize(1..=zones.len()));
    let (places, size) = (random.u32(1..=3), random.usize(1..=3));
    let interruption = interruption(random);
    // EC2 hibernates a spot instance that is not configured for it, too.
    let hibernation = chance(random, if interruption == Interruption::Hibernate { 0.5 } else { 0.05 });
    let name = format!("fleet{number}");
    let rival = chance(random, 0.05).then(|| format!("fleet{}", (number + 1) % 3));
    let rival = rival.map(|rival| Tags::from([("holdfast:fleet".to_owned(), rival)])).unwrap_or_default();
    let kind = random.u8(0..4);
    if kind == 3 {
        return groups::draw(cloud, groups::Plain { name, zones, places, size, rival }, random);
    }
    if kind == 2 {
        let spot = chance(random, 0.5).then(|| Market { persistent: random.bool(), interruption });
        let mut tags = rival;
        tags.insert("holdfast:fleet".to_owned(), name.clone());
        return Ok(Fleet {
            name,
            zones,
            data: stage::data(places, hibernation, spot),
            tags,
            size,
            kept: false,
            hooks: None,
        });
    }
    let data = stage::data(places, hibernation, None);
    let template = CreateLaunchTemplate {
        launch_template_name: name.clone(),
        data: LaunchData { tag_specifications: specification(&rival), ..data.clone() },
        ..CreateLaunchTemplate::default()
    };
    let launch_template_id = stage::ask(cloud, &template)?.id.to_string();
    let over = |zone: &Zone| Override { availability_zone: zone.to_string(), ..Override::default() };
    let launch_template_configs = vec![LaunchTemplateConfig {
        template: TemplateSpec { launch_template_id, ..TemplateSpec::default() },
        overrides: zones.iter().map(over).collect(),
    }];
    let capacity = u32::try_from(size).unwrap_or(1);
    let instance_interruption_behavior = interruption.as_str().to_owned();
    let capacity_rebalance = chance(random, 0.3).then(|| rebalance(random));
    let id = if kind == 0 {
        let call = RequestSpotFleet {
            target_capacity: capacity,
            launch_template_configs,
            instance_interruption_behavior,
            capacity_rebalance,
            ..RequestSpotFleet::default()
        };
        stage::ask(cloud, &call)?
    } else {
        let spot = random.bool();
        let call = CreateFleet {
            total_target_capacity: capacity,
            default_target_capacity_type: if spot { "spot" } else { "on-demand" }.to_owned(),
            launch_template_configs,
            instance_interruption_behavior: if spot { instance_interruption_behavior } else { String::new() },
            capacity_rebalance: capacity_rebalance.filter(|_| spot),
            ..CreateFleet::default()
        };
        stage::ask(cloud, &call)?.fleet
    };
    Ok(Fleet { name: id.to_string(), zones, data, tags: Tags::new(), size, kept: true, hooks: None })
}

fn specification(tags: &Tags) -> Vec<local_ec2::state::TagSpecification> {
    if tags.is_empty() {
        return Vec::new();
    }
    vec![local_ec2::state::TagSpecification { resource_type: "instance".to_owned(), tags: tags.clone() }]
}

fn rebalance(random: &mut fastrand::Rng) -> RebalanceSpec {
    if random.bool() {
        RebalanceSpec { replacement_strategy: "launch".to_owned(), termination_delay: None }
    } else {
        let replacement_strategy = "launch-before-terminate".to_owned();
        RebalanceSpec { replacement_strategy, termination_delay: Some(random.i64(120..=600)) }
    }
}

fn draw_slot(
    cloud: &mut Cloud,
    fleet: &Fleet,
    number: usize,
    random: &mut fastrand::Rng,
) -> Result<(), ApiError> {
    let (volumes, addresses) = (random.usize(0..=3), random.usize(0..=2));
    let addresses = if volumes == 0 { addresses.max(1) } else { addresses };
    let mut tags =
        stage::tags(&[("holdfast:fleet", &fleet.name), ("holdfast:slot", &format!("slot{number}"))]);
    if chance(random, 0.05) {
        tags.insert("holdfast:paused".to_owned(), "true".to_owned());
    }
    if chance(random, 0.4) {
        let policies = ["on-release", "drain", "drain", "drain", "drain", "terminate", "terminate", "banana"];
        let policy = random.choice(policies).unwrap_or_default();
        tags.insert("holdfast:handover".to_owned(), policy.to_owned());
    }
    let zone = random.choice(&fleet.zones).cloned().unwrap_or_else(|| Zone::new("us-east-1a"));
    for _ in 0..volumes {
        let strayed = chance(random, 0.03).then(|| random.choice(cloud.setup().zones.clone())).flatten();
        let mut tags = tags.clone();
        if chance(random, 0.05) {
            let device = random.choice(["/dev/sdh", "/dev/sdi", "/dev/sdf", "banana"]).unwrap_or_default();
            tags.insert("holdfast:device".to_owned(), device.to_owned());
        }
        stage::volume(cloud, &strayed.unwrap_or_else(|| zone.clone()), tags)?;
    }
    for _ in 0..addresses {
        stage::address(cloud, tags.clone())?;
    }
    Ok(())
}
