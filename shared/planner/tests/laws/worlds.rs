//! Worlds: plausible observations of a fleet, and observations that are torn, stale or badly tagged.

mod groups;
mod printed;
mod unseen;

use crate::dice::{Dice, bytes};
use chrono::TimeDelta;
use planner::fixtures::{
    AddressBuilder, InstanceBuilder, Look, Part, VolumeBuilder, address, device, elastic, instance, look,
    volume, volume_id,
};
use planner::ids::FleetName;
use planner::observation::{AttachmentState, BlockDevice, InstanceState, Observation, VolumeState};
use planner::tags::{DEVICE, DrainingTag, HANDOVER, PAUSED, Policy, SLOT, Setting};
use proptest::strategy::Strategy;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// An observation, printed so that a person can read it.
#[derive(Clone)]
pub(crate) struct World(pub(crate) Observation);

/// How often something is odd: one time in so many, or never.
#[derive(Clone, Copy)]
struct Oddity(Option<usize>);

/// What a world may hold.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// The rates of oddities to choose from.
    oddities: &'static [Oddity],
    /// Whether all slots have volumes, and so keep to the instances of their zone.
    aligned: bool,
    /// Whether the invocation has looked before.
    remembers: bool,
    /// Whether slots mostly have the policy `drain`, and holders are mostly about to go.
    drains: bool,
}

/// Anything at all.
pub(crate) const ANY: Kind = Kind {
    oddities: &[Oddity(None), Oddity(Some(40)), Oddity(Some(10))],
    aligned: false,
    remembers: true,
    drains: false,
};

/// Nothing torn, nothing badly tagged, nothing remembered: a first look at a world as EC2 keeps it.
pub(crate) const CLEAN: Kind =
    Kind { oddities: &[Oddity(None)], aligned: false, remembers: false, drains: false };

/// Holders that are drained, are to be, or were.
pub(crate) const DRAINING: Kind = Kind { drains: true, ..ANY };

/// The same, nothing torn.
pub(crate) const CLEAN_DRAINING: Kind = Kind { drains: true, ..CLEAN };

/// Slots with volumes, in zones that have nothing to do with each other.
pub(crate) const ALIGNED: Kind = Kind { aligned: true, remembers: false, ..ANY };

/// The same, looked at before.
pub(crate) const REMEMBERED: Kind = Kind { aligned: true, ..ANY };

pub(crate) fn worlds(kind: Kind) -> impl Strategy<Value = World> {
    bytes().prop_map(move |bytes| World(Maker::make(kind, &bytes)))
}

const ZONES: [&str; 4] = ["a", "a", "a", "b"];
const POLICIES: [Policy; 4] = [Policy::OnRelease, Policy::OnRelease, Policy::OnRelease, Policy::Drain];
const SLOTS: [&str; 3] = ["a", "b", "c"];
/// An instance that no observation lists.
const UNLISTED: u8 = 9;

/// Parsing the fixtures' ids and times once saves half of a law's time.
struct Templates {
    look: Look,
    instances: Vec<InstanceBuilder>,
    volumes: Vec<VolumeBuilder>,
    addresses: Vec<AddressBuilder>,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates {
    look: look(),
    instances: (0..=4).map(instance).collect(),
    volumes: (0..=9).map(volume).collect(),
    addresses: (0..=9).map(address).collect(),
});

struct Maker<'b> {
    dice: Dice<'b>,
    kind: Kind,
    oddity: Oddity,
    seen: Look,
    /// How many instances there are, numbered from 1.
    instances: u8,
    /// Whether the parts of the slot being made are in several places.
    scattered: bool,
    /// What the first volumes of the fleet are tagged with.
    first_device: &'static str,
    devices: BTreeSet<(u8, char)>,
    places: BTreeSet<(u8, u8)>,
}

impl<'b> Maker<'b> {
    fn make(kind: Kind, bytes: &'b [u8]) -> Observation {
        let mut dice = Dice::new(bytes);
        let oddity = dice.choose(kind.oddities);
        let mut maker = Self {
            dice,
            kind,
            oddity,
            seen: TEMPLATES.look.clone(),
            instances: 0,
            scattered: false,
            first_device: "",
            devices: BTreeSet::new(),
            places: BTreeSet::new(),
        };
        maker.seen.0.managed.insert(FleetName::new("shop"));
        let policies = if kind.drains { [Policy::Drain; 4] } else { POLICIES };
        maker.seen.0.default_policy = maker.dice.choose(&policies);
        maker.instances = maker.dice.choose(&[3, 4, 4, 2, 1, 0]);
        maker.first_device = maker.dice.choose(&["", "", "", "", "/dev/sdg"]);
        for n in 1..=maker.instances {
            let instance = maker.instance(n);
            maker.see(instance);
        }
        let slots = maker.dice.number(1, if kind.drains { 2 } else { 3 });
        for index in 0..slots {
            maker.slot(index);
        }
        maker.list_what_instances_have();
        maker.look_up_commands();
        if kind.remembers && maker.dice.one_in(2) {
            maker.remember();
        }
        maker.join_groups();
        maker.seen.0
    }

    fn oddly(&mut self) -> bool {
        self.oddity.0.is_some_and(|sides| self.dice.one_in(sides))
    }

    fn instance(&mut self, n: u8) -> InstanceBuilder {
        use InstanceState::{Pending, Running, ShuttingDown, Stopped, Stopping, Terminated};
        let often = [Running, Running, Running, Running, Running, Running, Stopped, Stopped, Stopped];
        let states = [often.as_slice(), &[Pending, ShuttingDown, Stopping, Terminated]].concat();
        let launched = self.dice.number(0, 4);
        let mut built = TEMPLATES.instances[usize::from(n)]
            .clone()
            .is(if self.kind.drains && !self.dice.one_in(6) { Running } else { self.dice.choose(&states) })
            .in_zone(self.dice.choose(&ZONES))
            .with_places(self.dice.choose(&[1, 1, 2, 3]));
        built = built.but(|i| i.launched += TimeDelta::seconds(i64::from(launched) - i64::from(n)));
        built = self.mark(built);
        let hibernation = self.dice.one_in(5);
        built = built.but(|i| i.hibernation = hibernation);
        if self.oddly() {
            built = built.of_fleets(self.dice.choose(&[&[], &["shop"], &["web", "shop"]]));
        }
        if self.oddly() {
            let paused = self.dice.roll(3);
            let invalid = Setting::Invalid("yes".to_owned());
            built = built.but(|i| {
                i.tags.paused = [Setting::Value(true), Setting::Value(false), invalid][paused].clone();
            });
        }
        if self.oddly() {
            let letter = self.dice.choose(&['f', 'g', 'h', 'i']);
            built = built.using(letter, 90);
        }
        if self.oddly() {
            built = built.but(|i| i.interfaces[0].addresses[0].elastic = Some(elastic(99)));
        }
        if self.oddly() {
            built = built.but(|i| i.interfaces.clear());
        }
        if self.oddly() {
            built = built.but(|i| i.root_device = Some(device('f')));
        }
        built
    }

    fn mark(&mut self, built: InstanceBuilder) -> InstanceBuilder {
        match self.dice.roll(12) {
            0..=3 => built,
            4..=7 if !self.kind.drains => built,
            4..=6 => built.draining("spot-interruption-warning 2026-11-23T12:15:00Z"),
            7 => built.but(|i| i.doomed = Some("instance-terminated-no-capacity".to_owned())),
            8 => built.draining("spot-interruption-warning 2026-11-23T11:00:00Z"),
            9 => built.draining("spot-interruption-warning 2026-11-23T12:10:00Z"),
            10 => built.recommended(),
            _ if self.oddly() => built.but(|i| i.doomed = Some("marked-for-stop".to_owned())),
            _ => built.draining("kernel update"),
        }
    }

    fn slot(&mut self, index: u8) {
        let name = SLOTS[usize::from(index)];
        let zone = self.dice.choose(&ZONES);
        let policy = self.dice.choose(&["", "", "", "", "", "on-release", "drain", "terminate", "terminate"]);
        let policy = if self.kind.drains && policy == "terminate" { "" } else { policy };
        let volumes = if self.kind.aligned || self.kind.drains {
            self.dice.choose(&[1, 2, 3])
        } else {
            self.dice.choose(&[1, 1, 2, 3, 0])
        };
        let addresses = self.dice.choose(&[1, 0, 2, 3]).max(u8::from(volumes == 0));
        let zone = if volumes == 0 { None } else { Some(zone) };
        let home = self.some_instance(zone).filter(|_| !self.dice.one_in(4) || self.kind.drains);
        self.scattered = self.dice.one_in(if self.kind.drains { 2 } else { 3 });
        for k in 0..volumes {
            // Ids go round the slots, so that no slot has all the small ones.
            self.volume(k * 3 + index + 1, k, zone.unwrap_or("a"), home, &[(SLOT, name), (HANDOVER, policy)]);
        }
        for k in 0..addresses {
            self.address(k * 3 + index + 1, zone, home, &[(SLOT, name), (HANDOVER, policy)]);
        }
        if let Some(home) = home.filter(|_| policy == "terminate") {
            self.endanger(home);
        }
    }

    /// Lets an instance whose slot has the policy `terminate` go, with another one to take over, and now and then gives it
    /// what is not to go with it.
    fn endanger(&mut self, home: u8) {
        let (goes, has_foreign) = (!self.dice.one_in(4), self.dice.one_in(2));
        let (mark, instances) =
            ("spot-interruption-warning 2026-11-23T12:10:00Z", &mut self.seen.0.instances);
        let spare = usize::from(home) % instances.len();
        if goes {
            instances[spare].state = InstanceState::Running;
        }
        let home = &mut instances[usize::from(home) - 1];
        if goes && home.tags.draining.is_none() {
            home.state = InstanceState::Running;
            home.tags.draining = Some(DrainingTag::read(mark));
        }
        if has_foreign {
            home.devices.push(BlockDevice { device: device('m'), volume: volume_id(91) });
        }
    }

    /// An instance of whatever state, of the zone where there is one.
    fn some_instance(&mut self, zone: Option<&str>) -> Option<u8> {
        let instances = &self.seen.0.instances;
        let fits = |n: &u8| zone.is_none_or(|zone| instances[usize::from(*n) - 1].zone.as_str() == zone);
        let all: Vec<u8> = (1..=self.instances).filter(fits).collect();
        (!all.is_empty()).then(|| self.dice.choose(&all))
    }

    fn tags<'t>(&mut self, plain: &[(&'t str, &'t str)]) -> Vec<(&'t str, &'t str)> {
        let mut all = plain.to_vec();
        if self.oddly() {
            all.push((HANDOVER, self.dice.choose(&["drain", "banana"])));
        }
        if self.oddly() {
            all.push((PAUSED, self.dice.choose(&["true", "false", "yes"])));
        }
        all
    }

    fn volume(&mut self, n: u8, k: u8, zone: &str, home: Option<u8>, plain: &[(&str, &str)]) {
        let mut tags = self.tags(plain);
        if k == 0 {
            tags.push((DEVICE, self.first_device));
        }
        if self.oddly() {
            tags.push((
                DEVICE,
                self.dice.choose(&["/dev/sdf", "/dev/sdg", "/dev/sdh", "/dev/xvdg", "banana"]),
            ));
        }
        let stray = self.oddly() && !self.kind.aligned;
        let (zone, home) = if stray { ("b", None) } else { (zone, home) };
        let mut built = TEMPLATES.volumes[usize::from(n)].clone().tagged(&tags).in_zone(zone);
        let place = match self.dice.roll(8) {
            _ if !self.scattered => home,
            0..=2 => None,
            3..=6 => home,
            _ => self.some_instance(Some(zone)),
        };
        if let Some(on) = place {
            let state = self.attachment_state();
            let letter = self.letter(on, k);
            built = built.at(on, letter, state);
        }
        if self.oddly() {
            built = match self.dice.roll(6) {
                0 => built.but(|v| v.attachments.clear()),
                1 => built.at(UNLISTED, 'f', AttachmentState::Attached),
                2 => built.but(|v| v.state = VolumeState::Unusable),
                3 => built.but(|v| v.multi_attach = true),
                4 => built.but(|v| v.state = VolumeState::Creating),
                _ => built.but(|v| v.state = VolumeState::Available),
            };
        }
        let ago = self.dice.choose(if self.kind.drains {
            &[70, 70, 70, 10, 91, 1000]
        } else {
            &[10, 10, 10, 90, 91, 1000]
        });
        let deletes = self.dice.one_in(12);
        let since = self.seen.0.began - TimeDelta::seconds(ago);
        self.see(built.but(|v| {
            for attachment in &mut v.attachments {
                attachment.since = Some(since);
                attachment.delete_on_termination = deletes;
            }
        }));
    }

    fn see(&mut self, part: impl Into<Part>) {
        match part.into() {
            Part::Instance(instance) => self.seen.0.instances.push(instance),
            Part::Volume(volume) => self.seen.0.volumes.push(volume),
            Part::Address(address) => self.seen.0.addresses.push(address),
        }
    }

    fn attachment_state(&mut self) -> AttachmentState {
        use AttachmentState::{Attached, Attaching, Busy, Detaching};
        self.dice.choose(&[[Attached; 9].as_slice(), &[Attaching, Detaching, Busy]].concat())
    }

    /// A name that is free on the instance, mostly the one that the planner would ask for.
    fn letter(&mut self, on: u8, k: u8) -> char {
        let usual = ['f', 'g', 'h'][usize::from(k)];
        let start = if self.dice.one_in(10) { 'h' } else { usual };
        let free = (start..='p').find(|letter| self.devices.insert((on, *letter)));
        free.unwrap_or('z')
    }

    fn address(&mut self, n: u8, zone: Option<&str>, home: Option<u8>, plain: &[(&str, &str)]) {
        let tags = self.tags(plain);
        let mut built = TEMPLATES.addresses[usize::from(n)].clone().tagged(&tags);
        let place = match self.dice.roll(8) {
            _ if !self.scattered => home,
            0..=1 => None,
            2..=5 => home,
            // The instance of another slot, in whatever zone, but where zones are not to meet.
            _ => self.some_instance(zone.filter(|_| self.kind.aligned)),
        };
        let seat = place.and_then(|on| {
            let count = self.seen.0.instances[usize::from(on) - 1].interfaces.first()?.addresses.len();
            let k = self.dice.number(1, u8::try_from(count).unwrap_or(1));
            self.places.insert((on, k)).then_some((on, k))
        });
        if let Some((on, k)) = seat {
            built = built.at(on, k);
        }
        if self.oddly() {
            built = match self.dice.roll(4) {
                0 => built.but(|a| a.association.iter_mut().for_each(|on| on.instance = None)),
                1 => built.but(|a| a.association.iter_mut().for_each(|on| on.private = None)),
                2 => built.at(UNLISTED, 1),
                // Two at one place, as torn reads have it.
                _ if self.instances > 0 => built.at(1, 1),
                _ => built,
            };
        }
        self.see(built);
    }

    /// What DescribeInstances says of volumes and addresses. Stale now and then.
    fn list_what_instances_have(&mut self) {
        let stale = self.oddly();
        let Observation { instances, volumes, addresses, .. } = &mut self.seen.0;
        for attached in volumes.iter() {
            for attachment in &attached.attachments {
                let listed = BlockDevice { device: attachment.device.clone(), volume: attached.id.clone() };
                let on = instances.iter_mut().find(|i| i.id == attachment.instance);
                if let Some(on) = on.filter(|_| !stale) {
                    on.devices.push(listed);
                }
            }
        }
        for pointing in addresses.iter() {
            let private = pointing.association.as_ref().and_then(|on| on.private);
            let mut places =
                instances.iter_mut().flat_map(|i| &mut i.interfaces).flat_map(|i| &mut i.addresses);
            if let Some(place) = places.find(|place| Some(place.private) == private && !stale) {
                place.elastic = Some(pointing.public);
            }
        }
    }
}
