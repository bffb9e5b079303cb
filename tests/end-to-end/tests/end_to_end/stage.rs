//! What the tests share: a moto server, and short ways to set a scene, to ask and to check.

use end_to_end::{Address, Answer, Error, Function, Moto, Stage, World};
use serde_json::Value;
use tokio::sync::OnceCell;

pub(crate) const ZONE: &str = "us-east-1a";

/// The tag of whatever belongs to the fleet that most tests look after.
pub(crate) const WEB: (&str, &str) = ("holdfast:fleet", "web");

/// A stage of the test's own, on the server that all tests share. It ends with this process.
pub(crate) async fn stage() -> Stage {
    static MOTO: OnceCell<Moto> = OnceCell::const_new();
    let moto = MOTO.get_or_try_init(Moto::start).await.unwrap();
    Stage::set(moto).await.unwrap()
}

/// A slot of one volume and one address.
pub(crate) struct Slot {
    pub(crate) volume: String,
    pub(crate) address: Address,
}

impl Slot {
    pub(crate) async fn create(world: &World, zone: &str, tags: &[(&str, &str)]) -> Self {
        Self { volume: world.volume(zone, tags).await.unwrap(), address: world.address(tags).await.unwrap() }
    }

    /// The slot `main` of the fleet `web`.
    pub(crate) async fn of_web(world: &World) -> Self {
        Self::create(world, ZONE, &[WEB]).await
    }

    /// Who has it, asked of EC2: the volume's instance and the address's.
    pub(crate) async fn holders(&self, world: &World) -> [Option<String>; 2] {
        let attachment = world.volume_is_at(&self.volume).await.unwrap();
        let address = world.address_is_at(&self.address).await.unwrap();
        [attachment.map(|attachment| attachment.instance), address]
    }
}

/// Both parts of a slot on one instance.
pub(crate) fn both(instance: &str) -> [Option<String>; 2] {
    [Some(instance.to_owned()), Some(instance.to_owned())]
}

/// Invokes a function that is to answer with a report.
pub(crate) async fn report(function: &Function, event: Result<Value, Error>) -> Value {
    match answer(function, event.unwrap().to_string().as_bytes()).await {
        Answer::Report(report) => report,
        Answer::Error { kind, message } => panic!("{kind}: {message}\n{}", function.log()),
    }
}

/// Invokes a function that is to answer with an error: its type and its message.
pub(crate) async fn error(function: &Function, payload: &[u8]) -> (String, String) {
    match answer(function, payload).await {
        Answer::Error { kind, message } => (kind, message),
        Answer::Report(report) => panic!("no error to {}: {report:#}", String::from_utf8_lossy(payload)),
    }
}

async fn answer(function: &Function, payload: &[u8]) -> Answer {
    function.invoke(payload).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The slots of a report as `fleet/slot state`.
pub(crate) fn states(report: &Value) -> Vec<String> {
    let line = |fleet: &str, slot: &Value| {
        format!("{fleet}/{} {}", slot["slot"].as_str().unwrap(), slot["state"].as_str().unwrap())
    };
    let fleets = report["fleets"].as_array().unwrap().iter();
    let of_fleet = |fleet: &Value| {
        let slots = fleet["slots"].as_array().unwrap();
        slots.iter().map(|slot| line(fleet["fleet"].as_str().unwrap(), slot)).collect::<Vec<_>>()
    };
    fleets.flat_map(of_fleet).collect()
}

/// Every step of a report, those of slots and those of fleets, as `step outcome`.
pub(crate) fn steps(report: &Value) -> Vec<String> {
    collect(report, "steps", |step| {
        format!("{} {}", step["step"].as_str().unwrap(), step["outcome"].as_str().unwrap())
    })
}

/// Every finding of a report, by its short name.
pub(crate) fn findings(report: &Value) -> Vec<String> {
    collect(report, "findings", |finding| finding["finding"].as_str().unwrap().to_owned())
}

fn collect(report: &Value, field: &str, line: impl Fn(&Value) -> String) -> Vec<String> {
    let fleets = report["fleets"].as_array().unwrap();
    let places = fleets.iter().flat_map(|fleet| fleet["slots"].as_array().unwrap().iter().chain([fleet]));
    places.flat_map(|place| place[field].as_array().into_iter().flatten()).map(line).collect()
}
