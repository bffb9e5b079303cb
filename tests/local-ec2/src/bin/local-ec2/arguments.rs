//! The program's arguments. What cannot be understood is named, with the way out.

use local_ec2::{BadSpec, Keys, Setup, Shares, Speed, Throttling};
use planner::ids::Zone;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
A strict local EC2: refuses what EC2 refuses, takes the time that EC2 takes. At the same address it has Auto Scaling
groups with their lifecycle hooks, and the commands of Systems Manager that drain an instance.

  --port N            the port to listen on; 0, the default, is a free one
  --host ADDRESS      the address to listen on; 127.0.0.1 unless said otherwise
  --seed N            what everything that is drawn is drawn from; 1 unless said otherwise
  --speed FACTOR      how fast the cloud's clock goes; 1, the default, is real time
  --region NAME       us-east-1 unless said otherwise; its zones are NAMEa, NAMEb and NAMEc
  --account NUMBER    123456789012 unless said otherwise
  --faults SPEC       what befalls Holdfast's calls, such as 'AttachVolume:lost=0.2;*:slow=0.05'
  --lag SECONDS       how old what a Describe call shows may be; 0 unless said otherwise
  --throttling on|off whether calls are throttled as EC2 does; on unless said otherwise
  --holdfast-key ID   an access key id of Holdfast's calls, as often as needed; unless said otherwise
                      every id that begins with HOLDFAST

It prints its address and serves until it is ended. Its control API is described in the documentation of the
crate: cargo doc -p local-ec2 --no-deps --open
";

/// What the program is to do.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub(crate) listen: SocketAddr,
    pub(crate) speed: Speed,
    pub(crate) keys: Keys,
    pub(crate) setup: Setup,
}

/// Why it cannot be done.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum BadArgument {
    #[error("`{0}` is no argument: --help lists them")]
    Unknown(String),
    #[error("{0} needs a value: --help tells of which kind")]
    NoValue(String),
    #[error("{argument} {value}: use {expected}")]
    BadValue { argument: String, value: String, expected: &'static str },
    #[error("--faults: {0}")]
    BadFaults(#[from] BadSpec),
}

impl Arguments {
    /// Reads the arguments. None: what is wanted is help.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Option<Self>, BadArgument> {
        let mut arguments = Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            speed: Speed::REAL,
            keys: Keys::default(),
            setup: Setup::default(),
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--help" {
                return Ok(None);
            }
            // `--port=0` is as good as `--port 0`.
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            if !NAMES.contains(&name.as_str()) {
                return Err(BadArgument::Unknown(name));
            }
            let value = value.or_else(|| words.next()).ok_or_else(|| BadArgument::NoValue(name.clone()))?;
            arguments.set(&name, &value)?;
        }
        Ok(Some(arguments))
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), BadArgument> {
        let bad =
            |expected| BadArgument::BadValue { argument: name.to_owned(), value: value.to_owned(), expected };
        match name {
            "--port" => self.listen.set_port(value.parse().map_err(|_| bad("a number from 0 to 65535"))?),
            "--host" => {
                self.listen.set_ip(value.parse::<IpAddr>().map_err(|_| bad("an address such as 0.0.0.0"))?);
            }
            "--seed" => self.setup.seed = value.parse().map_err(|_| bad("a whole number"))?,
            "--speed" => {
                let speed = value.parse().ok().and_then(Speed::new);
                self.speed = speed.ok_or_else(|| bad("a number above 0, up to 10000"))?;
            }
            "--region" => {
                self.setup.zones = ["a", "b", "c"].map(|letter| Zone::new(format!("{value}{letter}"))).into();
                value.clone_into(&mut self.setup.region);
            }
            "--account" => {
                let is_number = value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit());
                self.setup.account =
                    is_number.then(|| value.to_owned()).ok_or_else(|| bad("twelve digits"))?;
            }
            "--faults" => self.setup.faults = value.parse::<Shares>()?,
            "--lag" => {
                let lag: u32 = value.parse().map_err(|_| bad("a whole number of seconds"))?;
                self.setup.timing = self.setup.timing.clone().with_lag(lag.into());
            }
            "--throttling" => {
                self.setup.throttling = match value {
                    "on" => Throttling::On,
                    "off" => Throttling::Off,
                    _ => return Err(bad("on or off")),
                };
            }
            _ => self.add_key(value),
        }
        Ok(())
    }

    fn add_key(&mut self, key: &str) {
        match &mut self.keys {
            Keys::These(keys) => drop(keys.insert(key.to_owned())),
            Keys::Beginning(_) => self.keys = Keys::These(BTreeSet::from([key.to_owned()])),
        }
    }
}

const NAMES: [&str; 10] = [
    "--port",
    "--host",
    "--seed",
    "--speed",
    "--region",
    "--account",
    "--faults",
    "--lag",
    "--throttling",
    "--holdfast-key",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Arguments>, BadArgument> {
        Arguments::read(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_read() {
        let text = "--port=4567 --seed 7 --speed 60 --region eu-west-3 --throttling off --holdfast-key A \
                    --holdfast-key B --faults AttachVolume:lost=0.2 --lag 5";
        let arguments = read(text).unwrap().unwrap();
        assert_eq!(arguments.listen.to_string(), "127.0.0.1:4567");
        assert_eq!((arguments.setup.seed, arguments.speed.factor()), (7, 60.0));
        assert_eq!(arguments.setup.zones[2].as_str(), "eu-west-3c");
        assert_eq!(arguments.setup.throttling, Throttling::Off);
        assert_eq!(arguments.setup.timing.max_lag.num_seconds(), 5);
        assert_eq!(arguments.keys, Keys::These(["A", "B"].map(str::to_owned).into()));
        assert!(read("--port 1 --help").unwrap().is_none());
    }

    #[test]
    fn what_is_not_understood_is_named_with_the_way_out() {
        for (text, message) in [
            ("banana", "`banana` is no argument: --help lists them"),
            ("--port", "--port needs a value: --help tells of which kind"),
            ("--port 65536", "--port 65536: use a number from 0 to 65535"),
            ("--host localhost", "--host localhost: use an address such as 0.0.0.0"),
            ("--speed 0", "--speed 0: use a number above 0, up to 10000"),
            ("--speed NaN", "--speed NaN: use a number above 0, up to 10000"),
            ("--account 1", "--account 1: use twelve digits"),
            ("--throttling yes", "--throttling yes: use on or off"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message);
        }
        let message = read("--faults AttachVolume").unwrap_err().to_string();
        assert!(message.starts_with("--faults: `AttachVolume` in the fault specification names no faults"));
    }
}
