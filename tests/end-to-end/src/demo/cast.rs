//! Who is in the story: a fleet, its instances A and B, a volume, an address, and the functions.

use crate::{Address, Error, Function, SpotFleet, Stage, World};

const ZONE: &str = "us-east-1a";

/// Everybody in the story.
pub(super) struct Cast {
    fleet: SpotFleet,
    volume: String,
    address: Address,
    /// A, then B.
    instances: Vec<String>,
    pub(super) changes: Function,
    pub(super) warnings: Function,
    pub(super) sweep: Function,
}

impl Cast {
    /// Creates the fleet, the volume and the address, and starts the functions.
    pub(super) async fn assemble(stage: &Stage) -> Result<Self, Error> {
        let fleet = stage.world.spot_fleet("web", ZONE).await?;
        let tags = [("holdfast:fleet", fleet.id.as_str())];
        let (volume, address) = (stage.world.volume(ZONE, &tags).await?, stage.world.address(&tags).await?);
        Ok(Self {
            fleet,
            volume,
            address,
            instances: Vec::new(),
            changes: stage.function("instance-state-change").await?,
            warnings: stage.function("spot-interruption-warning").await?,
            sweep: stage.function("reconcile").await?,
        })
    }

    /// What there is when the story begins.
    pub(super) fn description(&self) -> String {
        let Self { fleet, volume, address, .. } = self;
        format!(
            "fleet    {}, one spot instance in {ZONE}\nvolume   {volume}, tagged holdfast:fleet={}\naddress  {}, \
             tagged alike\n",
            fleet.id, fleet.id, address.public
        )
    }

    /// The instance that the fleet began with.
    pub(super) async fn first_instance(&mut self, world: &World) -> Result<String, Error> {
        if self.instances.is_empty() {
            self.instances.extend(world.instances_of(&self.fleet).await?);
        }
        self.instances.first().cloned().ok_or_else(|| Error::Story("the fleet has no instance".to_owned()))
    }

    /// Its replacement, which the fleet starts when it is asked for first.
    pub(super) async fn second_instance(&mut self, world: &World) -> Result<String, Error> {
        if let Some(second) = self.instances.get(1) {
            return Ok(second.clone());
        }
        let second = world.replace(&self.fleet).await?;
        self.instances.push(second.clone());
        Ok(second)
    }

    /// Who has the volume and the address, asked of EC2.
    pub(super) async fn holders(&self, world: &World) -> Result<[String; 2], Error> {
        let attachment = world.volume_is_at(&self.volume).await?;
        let address = world.address_is_at(&self.address).await?;
        Ok([self.name(attachment.map(|attachment| attachment.instance)), self.name(address)])
    }

    fn name(&self, instance: Option<String>) -> String {
        let Some(instance) = instance else { return "-".to_owned() };
        match self.instances.iter().position(|known| *known == instance) {
            Some(0) => "A".to_owned(),
            Some(_) => "B".to_owned(),
            None => instance,
        }
    }
}
