//! The account of a run: fleets of every kind, and slots of volumes and addresses, all made over HTTP.

use crate::Error;
use serde_json::{Value, json};
use stage::{Control, Ec2, Element, LocalEc2};
use std::collections::{BTreeMap, BTreeSet};

/// The zones that are used.
pub(crate) const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

pub(crate) const FLEET: &str = "holdfast:fleet";
/// What Auto Scaling tags an instance with: its group.
pub(crate) const AUTO_SCALING: &str = "aws:autoscaling:groupName";
/// The time-out of a hook, in seconds.
const HOOK: u32 = 60;
const IMAGE: &str = "ami-0123456789abcdef0";

/// Parameters of a call.
pub(crate) type Parameters = Vec<(String, String)>;

/// A fleet.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    /// As its resources are tagged.
    pub(crate) name: String,
    pub(crate) zones: Vec<&'static str>,
    /// How many instances it is to have.
    pub(crate) size: usize,
    /// How many private addresses an instance of it has.
    places: usize,
    /// How whoever runs it launches one; AWS keeps the others at their size by itself.
    launch: Option<Value>,
}

/// A slot, as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its fleet.
    pub fleet: String,
    /// Its name.
    pub name: String,
    /// The zone of its volumes. None: it has addresses only.
    pub zone: Option<&'static str>,
    /// Its volumes.
    pub volumes: Vec<String>,
    /// Its addresses, by allocation id.
    pub addresses: Vec<String>,
}

/// An instance, as `DescribeInstances` tells.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) state: String,
    pub(crate) is_spot: bool,
    /// When it was started last, as EC2 writes it.
    launched: String,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Instance {
    pub(crate) fn is_of(&self, fleet: &str) -> bool {
        let keys = [FLEET, "aws:ec2spot:fleet-request-id", "aws:ec2:fleet-id", AUTO_SCALING];
        keys.iter().any(|key| self.tags.get(*key).is_some_and(|value| value == fleet))
    }

    /// Whether nothing keeps it from holding a slot.
    pub(crate) fn is_healthy(&self) -> bool {
        self.state == "running" && !self.tags.get("holdfast:draining").is_some_and(|mark| self.is_due(mark))
    }

    /// Whether a mark is in force. One of before the last start is not (README, "Tags"). Times in this form compare as
    /// texts do.
    fn is_due(&self, mark: &str) -> bool {
        let time = mark.rsplit(' ').next().filter(|word| word.ends_with('Z'));
        time.is_none_or(|time| time.trim_end_matches('Z') >= self.launched.trim_end_matches(".000Z"))
    }
}

/// An account of EC2 with fleets and slots.
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) ec2: Ec2,
    pub(crate) control: Control,
    pub(crate) fleets: Vec<Fleet>,
    /// Every slot.
    pub slots: Vec<Slot>,
}

impl World {
    /// So many fleets, of every kind in turn, with one to three slots each.
    pub async fn draw(at: &LocalEc2, fleets: usize, random: &mut fastrand::Rng) -> Result<Self, Error> {
        let mut world = Self { ec2: at.ec2(), control: at.control(), fleets: Vec::new(), slots: Vec::new() };
        for number in 0..fleets {
            let slots = random.usize(1..=3);
            let fleet = world.fleet(number, slots, random).await?;
            for slot in 0..slots {
                world.slot(&fleet, number, slot, random).await?;
            }
            world.fleets.push(fleet);
        }
        // One that is nobody's business: its events are foreign ones.
        let foreign = Fleet {
            name: "foreign".to_owned(),
            zones: ZONES.to_vec(),
            size: 2,
            places: 1,
            launch: Some(json!({"tags": {"Name": "foreign"}})),
        };
        world.fleets.push(foreign);
        Ok(world)
    }

    async fn fleet(&self, number: usize, slots: usize, random: &mut fastrand::Rng) -> Result<Fleet, Error> {
        let mut zones = ZONES.to_vec();
        random.shuffle(&mut zones);
        zones.truncate(random.usize(1..=2));
        let size = slots + 1;
        let name = format!("fleet{number}");
        Ok(match number % 6 {
            0 => {
                let launch = Some(json!({"tags": {FLEET: name}}));
                Fleet { name, zones, size, places: 1, launch }
            }
            1 => {
                self.group(&name, &zones, size).await?;
                Fleet { name, zones, size, places: 1, launch: None }
            }
            kind => {
                let template = self.template(&name).await?;
                let id = match kind {
                    2 => self.spot_fleet(&template, &zones, size, "terminate").await?,
                    3 => self.spot_fleet(&template, &zones, size, "stop").await?,
                    4 => self.ec2_fleet(&template, &zones, size, "spot").await?,
                    _ => self.ec2_fleet(&template, &zones, size, "on-demand").await?,
                };
                Fleet { name: id, zones, size, places: 2, launch: None }
            }
        })
    }

    /// An Auto Scaling group of spot instances, with a hook for Holdfast at both ends.
    async fn group(&self, name: &str, zones: &[&str], size: usize) -> Result<(), Error> {
        let hook = |transition: &str| {
            let name = format!("holdfast-{transition}");
            json!({"name": name, "transition": transition, "timeout": HOOK, "default": "CONTINUE"})
        };
        let group = json!({"name": name, "desired": size, "zones": zones, "spot": {}, "tags": {FLEET: name},
            "hooks": [hook("launching"), hook("terminating")]});
        Ok(self.control.command("group", &group).await.map(drop)?)
    }

    async fn template(&self, name: &str) -> Result<String, Error> {
        let data = |name: &str| format!("LaunchTemplateData.{name}");
        let answer = self
            .call(
                "CreateLaunchTemplate",
                &[
                    ("LaunchTemplateName".to_owned(), name.to_owned()),
                    (data("ImageId"), IMAGE.to_owned()),
                    (data("InstanceType"), "t3.micro".to_owned()),
                    (data("NetworkInterface.1.DeviceIndex"), "0".to_owned()),
                    (data("NetworkInterface.1.SecondaryPrivateIpAddressCount"), "1".to_owned()),
                ],
            )
            .await?;
        Ok(answer.text("launchTemplate/launchTemplateId").to_owned())
    }

    async fn spot_fleet(
        &self,
        template: &str,
        zones: &[&str],
        size: usize,
        behavior: &str,
    ) -> Result<String, Error> {
        let config = |name: &str| format!("SpotFleetRequestConfig.{name}");
        let mut parameters = vec![
            (config("IamFleetRole"), "arn:aws:iam::123456789012:role/fleet".to_owned()),
            (config("TargetCapacity"), size.to_string()),
            (config("Type"), "maintain".to_owned()),
            (config("InstanceInterruptionBehavior"), behavior.to_owned()),
        ];
        parameters.extend(launches("SpotFleetRequestConfig.LaunchTemplateConfigs.1", template, zones));
        Ok(self.call("RequestSpotFleet", &parameters).await?.text("spotFleetRequestId").to_owned())
    }

    async fn ec2_fleet(
        &self,
        template: &str,
        zones: &[&str],
        size: usize,
        market: &str,
    ) -> Result<String, Error> {
        let mut parameters = vec![
            ("Type".to_owned(), "maintain".to_owned()),
            ("TargetCapacitySpecification.TotalTargetCapacity".to_owned(), size.to_string()),
            ("TargetCapacitySpecification.DefaultTargetCapacityType".to_owned(), market.to_owned()),
        ];
        parameters.extend(launches("LaunchTemplateConfigs.1", template, zones));
        Ok(self.call("CreateFleet", &parameters).await?.text("fleetId").to_owned())
    }

    async fn slot(
        &mut self,
        fleet: &Fleet,
        number: usize,
        slot: usize,
        random: &mut fastrand::Rng,
    ) -> Result<(), Error> {
        let name = format!("slot{slot}");
        let mut tags = vec![(FLEET, fleet.name.as_str()), ("holdfast:slot", name.as_str())];
        // Of three fleets of a kind, each has another policy.
        match (number + number / 6) % 3 {
            1 => tags.push(("holdfast:handover", "drain")),
            2 => tags.push(("holdfast:handover", "terminate")),
            _ => {}
        }
        // Every fourth slot has no volume, but for the first of a fleet.
        let volumes = if slot > 0 && random.u8(0..4) == 0 { 0 } else { random.usize(1..=3) };
        let addresses = random.usize(usize::from(volumes == 0)..=fleet.places);
        let zone = random.choice(&fleet.zones).copied().filter(|_| volumes > 0);
        let mut made =
            Slot { fleet: fleet.name.clone(), name: name.clone(), zone, volumes: vec![], addresses: vec![] };
        for _ in 0..volumes {
            let mut parameters = tagged("volume", &tags);
            parameters.push(("AvailabilityZone".to_owned(), zone.unwrap_or_default().to_owned()));
            parameters.push(("Size".to_owned(), "1".to_owned()));
            made.volumes.push(self.call("CreateVolume", &parameters).await?.text("volumeId").to_owned());
        }
        for _ in 0..addresses {
            let parameters = tagged("elastic-ip", &tags);
            let answer = self.call("AllocateAddress", &parameters).await?;
            made.addresses.push(answer.text("allocationId").to_owned());
        }
        self.slots.push(made);
        Ok(())
    }

    /// Whoever runs a fleet that EC2 does not keep launches what it lacks.
    pub(crate) async fn keep_up(
        &self,
        instances: &[Instance],
        random: &mut fastrand::Rng,
    ) -> Result<(), Error> {
        for fleet in self.fleets.iter().filter(|fleet| fleet.launch.is_some()) {
            let live = instances.iter().filter(|instance| {
                let is_live = matches!(instance.state.as_str(), "pending" | "running");
                is_live && (instance.is_of(&fleet.name) || instance.tags.get("Name") == Some(&fleet.name))
            });
            for _ in live.count()..fleet.size {
                self.launch(fleet, random.choice(&fleet.zones).copied().unwrap_or_default()).await?;
            }
        }
        Ok(())
    }

    /// Launches one instance of a fleet; of one that EC2 keeps, one that its operator adds by the tag, and with as many
    /// private addresses as the others.
    pub(crate) async fn launch(&self, fleet: &Fleet, zone: &str) -> Result<(), Error> {
        if let Some(launch) = &fleet.launch {
            let mut launch = launch.clone();
            if let Some(launch) = launch.as_object_mut() {
                launch.insert("zone".to_owned(), json!(zone));
            }
            return Ok(self.control.command("launch", &launch).await.map(drop)?);
        }
        let mut parameters = tagged("instance", &[(FLEET, &fleet.name)]);
        let own = [
            ("ImageId", IMAGE),
            ("InstanceType", "t3.micro"),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("Placement.AvailabilityZone", zone),
            ("NetworkInterface.1.DeviceIndex", "0"),
            ("NetworkInterface.1.SecondaryPrivateIpAddressCount", "1"),
        ];
        parameters.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.call("RunInstances", &parameters).await.map(drop)
    }

    /// Every instance that EC2 lists.
    pub(crate) async fn instances(&self) -> Result<Vec<Instance>, Error> {
        let answer = self.call("DescribeInstances", &[]).await?;
        let reservations = answer.items("reservationSet");
        Ok(reservations.flat_map(|reservation| reservation.items("instancesSet")).map(instance).collect())
    }

    /// The instances that have a volume of a slot.
    pub async fn holders(&self) -> Result<BTreeSet<String>, Error> {
        let answer = self.call("DescribeVolumes", &by_tag()).await?;
        let attachments = answer.items("volumeSet").flat_map(|volume| volume.items("attachmentSet"));
        Ok(attachments.map(|attachment| attachment.text("instanceId").to_owned()).collect())
    }

    pub(crate) async fn call(
        &self,
        action: &'static str,
        parameters: &[(String, String)],
    ) -> Result<Element, Error> {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(self.ec2.call(action, &parameters).await?)
    }

    /// The fleets that have slots.
    pub(crate) fn managed(&self) -> impl Iterator<Item = &Fleet> {
        let managed: BTreeSet<&str> = self.slots.iter().map(|slot| slot.fleet.as_str()).collect();
        self.fleets.iter().filter(move |fleet| managed.contains(fleet.name.as_str()))
    }
}

/// The filter that finds what is tagged for Holdfast.
pub(crate) fn by_tag() -> Parameters {
    [("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", FLEET)]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into()
}

fn launches(prefix: &str, template: &str, zones: &[&str]) -> Parameters {
    let of_template =
        |name: &str, value: &str| (format!("{prefix}.LaunchTemplateSpecification.{name}"), value.to_owned());
    let own = [of_template("LaunchTemplateId", template), of_template("Version", "1")];
    let overrides = zones.iter().enumerate().map(|(index, zone)| {
        (format!("{prefix}.Overrides.{}.AvailabilityZone", index + 1), (*zone).to_owned())
    });
    own.into_iter().chain(overrides).collect()
}

fn tagged(kind: &str, tags: &[(&str, &str)]) -> Parameters {
    let mut parameters = vec![("TagSpecification.1.ResourceType".to_owned(), kind.to_owned())];
    for (index, (key, value)) in tags.iter().enumerate() {
        let tag = format!("TagSpecification.1.Tag.{}", index + 1);
        parameters.push((format!("{tag}.Key"), (*key).to_owned()));
        parameters.push((format!("{tag}.Value"), (*value).to_owned()));
    }
    parameters
}

fn instance(told: &Element) -> Instance {
    let tags = told.items("tagSet").map(|tag| (tag.text("key").to_owned(), tag.text("value").to_owned()));
    Instance {
        id: told.text("instanceId").to_owned(),
        zone: told.text("placement/availabilityZone").to_owned(),
        state: told.text("instanceState/name").to_owned(),
        is_spot: told.text("instanceLifecycle") == "spot",
        launched: told.text("launchTime").to_owned(),
        tags: tags.collect(),
    }
}
