//! The account in the local EC2: a spot fleet of one, a volume and an Elastic IP for it. All over EC2's own API, as
//! its owner would; and the looks that the recording is made of.

use crate::Error;
use crate::scene::{Member, Name, Reason, Scene, Seat};
use local_ec2::{Setup, Span, Speed, Timing};
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::Policy;
use serde_json::{Value, json};
use stage::{Element, LocalEc2};
use std::collections::BTreeMap;

const ZONE: &str = "us-east-1a";

/// The longest that the fleet may take to have its first instance, in seconds of the local EC2, which are skipped.
const LAUNCH: u32 = 90;

const TEMPLATE: [(&str, &str); 3] = [
    ("LaunchTemplateName", "web"),
    ("LaunchTemplateData.ImageId", "ami-0123456789abcdef0"),
    ("LaunchTemplateData.InstanceType", "t4g.small"),
];

/// A fleet of one, which launches another instance when EC2 recommends that, and ends none itself.
const FLEET: [(&str, &str); 6] = [
    ("SpotFleetRequestConfig.IamFleetRole", "arn:aws:iam::123456789012:role/aws-ec2-spot-fleet-tagging-role"),
    ("SpotFleetRequestConfig.TargetCapacity", "1"),
    ("SpotFleetRequestConfig.Type", "maintain"),
    ("SpotFleetRequestConfig.SpotMaintenanceStrategies.CapacityRebalance.ReplacementStrategy", "launch"),
    ("SpotFleetRequestConfig.LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version", "1"),
    ("SpotFleetRequestConfig.LaunchTemplateConfigs.1.Overrides.1.AvailabilityZone", ZONE),
];

const FLEET_TEMPLATE: &str =
    "SpotFleetRequestConfig.LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId";

/// What Holdfast may do to the world.
const WRITES: [&str; 9] = [
    "AssociateAddress",
    "AttachVolume",
    "CompleteLifecycleAction",
    "CreateTags",
    "DetachVolume",
    "DisassociateAddress",
    "RecordLifecycleActionHeartbeat",
    "SendCommand",
    "TerminateInstances",
];

const INSTANCE_STATES: [InstanceState; 6] = [
    InstanceState::Pending,
    InstanceState::Running,
    InstanceState::Stopping,
    InstanceState::Stopped,
    InstanceState::ShuttingDown,
    InstanceState::Terminated,
];

/// The account.
#[derive(Debug)]
pub(crate) struct Account {
    ec2: LocalEc2,
    fleet: String,
    volume: String,
    allocation: String,
    address: String,
    /// The ids of the fleet's instances, in the order in which they were first seen.
    names: Vec<String>,
}

/// How long things take: as the local EC2 has it by itself, but from the shorter end of what it assumes, so that nobody
/// sits through minutes; and the notice of an interruption, which is two minutes in EC2.
fn timing() -> Timing {
    Timing {
        fleet: Span::seconds(5, 8),
        pending: Span::seconds(30, 34),
        shutdown: Span::seconds(20, 24),
        mount: Span::seconds(5, 10),
        notice: Span::exactly(i64::from(crate::NOTICE_SECONDS)),
        ..Timing::default()
    }
}

impl Account {
    /// An account in which the fleet's first instance has just begun to run.
    pub(crate) async fn open() -> Result<Self, Error> {
        let ec2 = LocalEc2::start(
            Setup { timing: timing(), default_policy: Some(Policy::OnRelease), ..Setup::default() },
            Speed::REAL,
        )?;
        let client = ec2.ec2();
        let template =
            text(&client.call("CreateLaunchTemplate", &TEMPLATE).await?, "launchTemplate/launchTemplateId")?;
        let request = [&FLEET[..], &[(FLEET_TEMPLATE, template.as_str())]].concat();
        let fleet = text(&client.call("RequestSpotFleet", &request).await?, "spotFleetRequestId")?;
        let volume =
            client.call("CreateVolume", &[("AvailabilityZone", ZONE), ("Size", "8"), ("VolumeType", "gp3")]);
        let volume = text(&volume.await?, "volumeId")?;
        let address = client.call("AllocateAddress", &[("Domain", "vpc")]).await?;
        let (allocation, address) = (text(&address, "allocationId")?, text(&address, "publicIp")?);
        let tag = [
            ("ResourceId.1", volume.as_str()),
            ("ResourceId.2", &allocation),
            ("Tag.1.Key", "holdfast:fleet"),
            ("Tag.1.Value", &fleet),
        ];
        client.call("CreateTags", &tag).await?;
        let mut account = Self { ec2, fleet, volume, allocation, address, names: Vec::new() };
        account.skip_the_first_launch().await?;
        Ok(account)
    }

    /// Puts the clock forward until the first instance runs. Nothing else is going on, and no function is at work. The
    /// local EC2 is ahead of the functions by that much from then on, which makes an event no older.
    async fn skip_the_first_launch(&mut self) -> Result<(), Error> {
        for _ in 0..LAUNCH {
            if self.look().await?.runs(Name::of(0)) {
                return Ok(());
            }
            self.ec2.control().command("pass", &json!({"seconds": 1})).await?;
        }
        Err(Error::Unexpected { what: format!("no running instance of the fleet within {LAUNCH} s") })
    }

    /// What there is.
    pub(crate) fn description(&self) -> String {
        let Self { fleet, volume, address, names, .. } = self;
        let first = names.first().map_or("", String::as_str);
        format!(
            "fleet    {fleet}, one spot instance in {ZONE}\n\
             A        {first}, its present instance\n\
             volume   {volume}, tagged holdfast:fleet={fleet}\n\
             address  {address}, tagged alike\n"
        )
    }

    /// What a function needs in its environment to reach this EC2.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        self.ec2.environment()
    }

    /// The ids of the fleet's instances, in the order of their letters.
    pub(crate) fn ids(&self) -> &[String] {
        &self.names
    }

    /// The letter of an instance, if it is of the fleet.
    pub(crate) fn name(&self, id: &str) -> Option<Name> {
        self.names.iter().position(|known| known == id).map(Name::of)
    }

    /// The id of an instance, by its letter.
    pub(crate) fn id(&self, name: Name) -> Result<&str, Error> {
        let id = self.names.get(name.number()).map(String::as_str);
        id.ok_or_else(|| Error::Unexpected { what: format!("no instance {name}") })
    }

    /// The events that have arrived.
    pub(crate) async fn events(&self) -> Result<Vec<Value>, Error> {
        Ok(self.ec2.control().events().await?)
    }

    /// Has EC2 itself do something to an instance: `recommend` or `interrupt`.
    pub(crate) async fn befall(&self, what: &'static str, name: Name) -> Result<(), Error> {
        self.ec2.control().command(what, &json!({"instance": self.id(name)?})).await?;
        Ok(())
    }

    /// Terminates an instance, as somebody who has the right to.
    pub(crate) async fn terminate(&self, name: Name) -> Result<(), Error> {
        self.ec2.ec2().call("TerminateInstances", &[("InstanceId.1", self.id(name)?)]).await?;
        Ok(())
    }

    /// How EC2 says that it is: `DescribeInstances`, `DescribeVolumes` and `DescribeAddresses`.
    pub(crate) async fn look(&mut self) -> Result<Scene, Error> {
        let client = self.ec2.ec2();
        let filter =
            [("Filter.1.Name", "tag:aws:ec2spot:fleet-request-id"), ("Filter.1.Value.1", &self.fleet)];
        let instances = client.call("DescribeInstances", &filter).await?;
        let volumes = client.call("DescribeVolumes", &[("VolumeId.1", &self.volume)]).await?;
        let addresses = client.call("DescribeAddresses", &[("AllocationId.1", &self.allocation)]).await?;
        let members = self.members(&instances)?;
        let volume = volumes.items("volumeSet").flat_map(|volume| volume.items("attachmentSet")).next();
        let address = addresses.text("addressesSet/item/instanceId");
        Ok(Scene {
            instances: members,
            volume: volume.map(|attachment| self.seat(attachment)).transpose()?,
            address: if address.is_empty() { None } else { Some(self.known(address)?) },
        })
    }

    fn members(&mut self, answer: &Element) -> Result<BTreeMap<Name, Member>, Error> {
        let mut found: Vec<_> = answer
            .items("reservationSet")
            .flat_map(|reservation| reservation.items("instancesSet"))
            .collect();
        found.sort_by_key(|instance| (instance.text("launchTime"), instance.text("instanceId")));
        let mut members = BTreeMap::new();
        for instance in found {
            let id = instance.text("instanceId");
            if self.name(id).is_none() {
                self.names.push(id.to_owned());
            }
            let state = instance.text("instanceState/name");
            let state = INSTANCE_STATES.into_iter().find(|known| known.to_string() == state);
            let state =
                state.ok_or_else(|| Error::Unexpected { what: format!("an unknown state of {id}") })?;
            let mut tags = instance.items("tagSet");
            let draining = tags.find(|tag| tag.text("key") == "holdfast:draining");
            let draining = draining.map(|tag| Reason::read(tag.text("value")));
            members.insert(self.known(id)?, Member { state, draining });
        }
        Ok(members)
    }

    fn seat(&self, attachment: &Element) -> Result<Seat, Error> {
        let instance = self.known(attachment.text("instanceId"))?;
        let state = match attachment.text("status") {
            "attaching" => AttachmentState::Attaching,
            "attached" => AttachmentState::Attached,
            "detaching" => AttachmentState::Detaching,
            "busy" => AttachmentState::Busy,
            other => return Err(Error::Unexpected { what: format!("an attachment that is `{other}`") }),
        };
        Ok(Seat { instance, state, drained: false })
    }

    fn known(&self, id: &str) -> Result<Name, Error> {
        self.name(id).ok_or_else(|| Error::Unexpected { what: format!("{id}, which is not of the fleet") })
    }

    /// How often each mutating call was made by the functions so far.
    pub(crate) async fn writes(&self) -> Result<BTreeMap<&'static str, u64>, Error> {
        let counts = self.ec2.control().command("counts", &json!({})).await?;
        let count = |action: &str| counts.pointer(&format!("/calls/{action}")).and_then(Value::as_u64);
        Ok(WRITES.into_iter().map(|action| (action, count(action).unwrap_or_default())).collect())
    }

    /// What the local EC2 accuses the functions of.
    pub(crate) async fn violations(&self) -> Result<Vec<String>, Error> {
        let violations = self.ec2.control().violations().await?;
        Ok(violations.iter().map(ToString::to_string).collect())
    }
}

fn text(answer: &Element, path: &str) -> Result<String, Error> {
    let found = answer.text(path);
    if found.is_empty() {
        return Err(Error::Unexpected { what: format!("no {path}") });
    }
    Ok(found.to_owned())
}

#[cfg(test)]
impl Account {
    /// Makes a call as one of Holdfast's functions would.
    pub(crate) async fn as_holdfast(&self, call: &str) {
        let body = format!("Version=2016-11-15&Action={call}");
        let mut request = stage::wire::Request::post("/", body.as_bytes());
        let signature =
            "AWS4-HMAC-SHA256 Credential=HOLDFAST/20261123/us-east-1/ec2/aws4_request, Signature=0";
        request.headers.push(("authorization".to_owned(), signature.to_owned()));
        assert_eq!(request.send(self.ec2.address()).await.unwrap().status, 200, "{call}");
    }
}
