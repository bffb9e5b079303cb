//! A strict local EC2: one state machine with its own clock, that refuses what EC2 refuses. It has Auto Scaling groups
//! with their lifecycle hooks, and the commands of Systems Manager that drain an instance.
//!
//! [`Cloud`] is the state machine. Calls go in by [`Cloud::call`], time by [`Cloud::advance`], and what the world does
//! by itself by the methods of the same type. Holdfast's calls are judged as they are made ([`Judge`]). [`Region`]
//! puts a cloud on tokio's clock, [`InProcess`] is the reconciler's EC2 over it, and [`serve`] offers it over HTTP.
//!
//! # Over HTTP
//! The SDKs of AWS and the AWS CLI talk to it unchanged, with its address as their endpoint; the tests use the SDK for
//! Rust and boto3, on whose botocore the CLI is built. Every action of [`actions::Action::NAMES`] is there. Listings
//! come in no order, another each time. A parameter that would make a difference, and that this EC2 does not carry out,
//! is refused by its name. Signatures are not checked; the access key id tells whose a call is ([`Keys`]).
//!
//! What a call meets on the way happens on the connection: `reset` and the two crashes drop it without an answer, the
//! first two before EC2 has the call and the last one after; `lost` and `timeout` leave it open without one. All
//! delays are of the cloud's time, so a [`Speed`] of 10 makes them a tenth as long.
//!
//! Systems Manager is at the same address, by its JSON protocol: [`ssm::NAMES`]. Its documents are those of
//! [`Setup::documents`], and each unmounts the volumes that its parameter `volumes` names.
//!
//! So is Auto Scaling, by its query protocol: [`autoscaling::NAMES`]. A call is one of its own by its version, 2011-01-01, or
//! by the service that it is signed for, and is refused in its own form. Its groups launch from a launch template, keep their
//! capacity, and have their instances wait for lifecycle hooks; an instance that waits for its end counts no more. There
//! are no warm pools, no policies that scale by an alarm, no mixed instances, no load balancers, and no notifications but
//! events.
//!
//! # The control API
//! On the same port, below `/_/`: whoever tests or shows something is the world here. A command is a POST with a JSON
//! object, and is answered with one. What cannot be done is answered with HTTP 400 and `{"error": "…"}`.
//!
//! | command | object | answer |
//! | --- | --- | --- |
//! | `interrupt`, `recommend`, `resume` | `{"instance": "i-…"}` | `{}` |
//! | `drain`, `release` | `{"volume": "vol-…"}` | `{}` |
//! | `starve`, `feed` | `{"zone": "us-east-1a"}` | `{}` |
//! | `disable-key`, `enable-key` | `{"key": "alias/aws/ebs"}` | `{}` |
//! | `launch` | `{"zone": …}` and, if wanted, `image`, `type`, `tags`, `service_tags`, `spot` | `{"instance": "i-…"}` |
//! | `group` | `{"name": "web", "desired": 1}` and, if wanted, `min`, `max`, `zones`, `image`, `type`, `tags`, `spot`, `hooks`, `rebalance` | `{}` |
//! | `scale` | `{"group": "web", "desired": 0}` | `{}` |
//! | `end` | `{"instance": "i-…"}` and, if wanted, `"decrement": true` | `{}`: the instance is ended in its group |
//! | `standby`, `exit-standby` | `{"instance": "i-…"}` | `{}`: the group gets another in its place, and grows when it comes back |
//! | `faults` | `{"shares": "AttachVolume:lost=0.2;*:slow=0.05"}`, `{"script": {"0": "lost"}}` or both | `{}` |
//! | `weather` | `lost`, `doubled`, `late` from 0 to 1; `travel`, `lateness` as `[from, to]` in milliseconds | `{}` |
//! | `events` | | `{"events": […]}`: those that have arrived, each once, as EventBridge sends them |
//! | `judge` | | `{"violations": […], "displaced": 0}` |
//! | `quiet`, `churn` | | `{}`: whether an address that is displaced counts as a violation |
//! | `counts` | | calls by action, calls tried, throttled calls, faults, and what became of events |
//! | `time` | | `{"now": "…", "speed": 1.0}` |
//! | `pass` | `{"seconds": 120}` | `{"now": "…", "speed": 1.0}`: the cloud's clock is put forward |
//!
//! `spot` is `{"persistent": false, "interruption": "terminate"}`, each as wanted. A hook is `{"name": "down",
//! "transition": "terminating"}` or `"launching"` and, if wanted, `timeout` in seconds, `default` (`CONTINUE` or `ABANDON`)
//! and `metadata`. A group has the zones that are named, or all, and its instances have its tags.
//!
//! # Left out
//! What EC2 has, and this one has not:
//!
//! - Rights. Who may make which call is not modelled; the fault `denied` refuses one as IAM would, a dry run too.
//! - Other accounts, but for addresses and interfaces that are another's ([`Cloud::give_away`]), and networks but for
//!   one, with or without an internet gateway ([`Cloud::detach_gateway`]).
//! - What marks a resource as managed by AWS in answers (`Operator`), and that other calls than `AttachVolume` and
//!   `DetachVolume` are refused for it ([`Cloud::put_under_management`]).
//! - Requests for spot instances that are open or wait, and their codes of schedules, launch groups, experiments and
//!   limits.
//! - Races of tags: `ConcurrentTagAccess` comes by the fault `refused` alone, in every other call that it befalls.
//! - What Force does to the data, and that a stuck device name may be usable all the same: a name that a volume was
//!   forced off is refused until the instance starts anew.
//! - `DetachVolume` and `AttachVolume` with codes of the AWS Marketplace; Outposts, Local and Wavelength Zones; quotas of
//!   the account; `GetCommandInvocation` and other actions of Systems Manager.
//! - Snapshots: there are none, so a call that names one is refused as for one that does not exist. How small a volume of a
//!   type may be.
//! - Filters that rest on what is left out: `network-border-group` and `network-interface-owner-id` of addresses,
//!   `snapshot-id` of volumes. They are refused, as are all others that EC2 has and [`Filter`]'s kinds do not name.
//! - That a Spot Fleet whose size is changed is `modifying` for a while, and its events `modify_in_progress` and
//!   `modify_succeeded`.

pub mod actions;
mod agenda;
pub mod autoscaling;
mod bus;
mod chance;
mod cloud;
mod error;
mod events;
mod face;
mod faults;
mod filter;
mod history;
mod ids;
mod judge;
mod life;
mod listing;
mod lookup;
mod setup;
pub mod ssm;
pub mod state;
mod tags;
mod throttle;
mod time;
mod timing;
mod truth;
mod world;

pub use bus::{BusCounts, Weather};
pub use cloud::Cloud;
pub use error::ApiError;
pub use face::{InProcess, Keys, Region, RegionClock, Speed, serve};
pub use faults::{BadSpec, Fate, Fault, Shares};
pub use filter::Filter;
pub use ids::{FleetId, GroupName, ReservationId, SpotRequestId, TemplateId};
pub use judge::{Judge, Offence, Violation};
pub use life::{ActionCounts, Launch};
pub use listing::{Listing, Page};
pub use setup::{Principal, Setup, StaleDisassociation, Throttling};
pub use tags::TagSet;
pub use throttle::CallKind;
pub use time::{Span, Time, epoch};
pub use timing::Timing;
pub use world::{Impossible, NoticeCounts};
