//! Figures of many handovers: how long they took and what they cost, by kind.

use super::Kind;
use super::course::Moments;
use super::interruption::Outcome;
use super::work::Waiting;
use local_ec2::Time;
use std::collections::BTreeMap;
use std::fmt;

/// Numbers, each with the seed that it is from, of which a share is asked for.
#[derive(Debug, Clone, Default)]
pub struct Spread(Vec<(f64, u64)>);

/// The figures of one kind.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Interruptions.
    pub count: u64,
    /// Those after which no other instance had the whole slot.
    pub lost: u64,
    /// Seconds without the volume: from the moment at which the old holder could no longer use it until it was attached to
    /// the new one.
    pub without_volume: Spread,
    /// The same, from the moment at which the service began to be stopped.
    pub without_service: Spread,
    /// Seconds from EC2's release of the volume until it was attached to the new holder.
    pub after_release: Spread,
    /// Writes that a handover needed.
    pub writes: Spread,
    /// Describe calls of the looks from which they followed.
    pub describes: Spread,
    /// What there was beside that, each with its name.
    pub beside: [(&'static str, Spread); 8],
}

/// The figures of all kinds.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// By kind.
    pub rows: BTreeMap<Kind, Row>,
    /// What was not as it should be, the first of it in words.
    pub faults: Vec<String>,
}

impl FromIterator<(f64, u64)> for Spread {
    fn from_iter<I: IntoIterator<Item = (f64, u64)>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl Spread {
    fn add(&mut self, number: f64, seed: u64) {
        self.0.push((number, seed));
    }

    /// The number that so many per cent are not above; 0 of nothing.
    pub fn percentile(&self, percent: usize) -> f64 {
        self.ranked(percent).0
    }

    /// The same, with the seed that it is from.
    fn ranked(&self, percent: usize) -> (f64, u64) {
        let mut sorted = self.0.clone();
        sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The largest.
    pub fn worst(&self) -> f64 {
        self.percentile(100)
    }
}

impl Figures {
    /// Adds an interruption.
    pub fn add(&mut self, outcome: &Outcome, seed: u64) {
        let row = self.rows.entry(outcome.kind).or_default();
        let moments = outcome.course.moments();
        row.count += 1;
        row.lost += u64::from(!outcome.course.is_over());
        row.add_times(&moments, seed);
        row.add_work(outcome, seed);
        self.faults
            .extend(outcome.faults.iter().map(|fault| format!("seed {seed}, {}: {fault}", outcome.kind)));
    }

    /// Adds those of another run.
    pub fn merge(&mut self, other: Self) {
        for (kind, row) in other.rows {
            self.rows.entry(kind).or_default().merge(row);
        }
        self.faults.extend(other.faults);
    }

    /// How many interruptions there were.
    pub fn count(&self) -> u64 {
        self.rows.values().map(|row| row.count).sum()
    }

    /// How many of them lost their slot.
    pub fn lost(&self) -> u64 {
        self.rows.values().map(|row| row.lost).sum()
    }
}

impl Row {
    fn add_times(&mut self, moments: &Moments, seed: u64) {
        let Some(attached) = moments.attached else { return };
        let add = |spread: &mut Spread, since: Option<Time>| {
            if let Some(since) = since {
                spread.add((attached - since).as_seconds_f64(), seed);
            }
        };
        add(&mut self.without_volume, earlier(moments.unmounted, moments.ending));
        add(&mut self.without_service, earlier(moments.draining, moments.ending));
        add(&mut self.after_release, moments.released);
    }

    fn add_work(&mut self, outcome: &Outcome, seed: u64) {
        let work = outcome.work();
        let number = |count: u64| u32::try_from(count).map_or(f64::MAX, f64::from);
        self.writes.add(number(work.writes), seed);
        self.describes.add(number(work.describes), seed);
        let Waiting { candidate, release, attachment } = work.waiting;
        let beside = [
            ("writes again, in races", work.raced),
            ("marks of a second notice", work.marks),
            ("Describe calls again, in races", work.raced_describes),
            ("Describe calls until a candidate runs", candidate),
            ("Describe calls until the release", release),
            ("Describe calls until attached", attachment),
            ("Describe calls in all", work.all_describes()),
            ("ListCommands", work.listed),
        ];
        for ((name, spread), (own, count)) in self.beside.iter_mut().zip(beside) {
            *name = own;
            spread.add(number(count), seed);
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.lost += other.lost;
        for (own, others) in [
            (&mut self.without_volume, other.without_volume),
            (&mut self.without_service, other.without_service),
            (&mut self.after_release, other.after_release),
            (&mut self.writes, other.writes),
            (&mut self.describes, other.describes),
        ] {
            own.0.extend(others.0);
        }
        for ((name, own), (others_name, others)) in self.beside.iter_mut().zip(other.beside) {
            *name = others_name;
            own.0.extend(others.0);
        }
    }
}

/// The one that came first, if any came.
fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<51}{:>8}{:>8}{:>8}{:>8}{:>8}", "seconds", "median", "90 %", "99 %", "worst", "seed")?;
        for (kind, row) in &self.rows {
            line(f, *kind, "without the volume", &row.without_volume, 1)?;
            if *kind == Kind::Drain || *kind == Kind::FailingDrain {
                line(f, *kind, "since the document began", &row.without_service, 1)?;
            }
            line(f, *kind, "after EC2's release", &row.after_release, 1)?;
        }
        writeln!(
            f,
            "{:<51}{:>8}{:>8}{:>8}{:>8}{:>8}",
            "calls of a handover", "median", "90 %", "99 %", "most", "seed"
        )?;
        for (kind, row) in &self.rows {
            line(f, *kind, "writes", &row.writes, 0)?;
            line(f, *kind, "Describe calls", &row.describes, 0)?;
            for (name, spread) in &row.beside {
                line(f, *kind, name, spread, 0)?;
            }
        }
        for (kind, row) in &self.rows {
            write!(f, "{} {kind}, ", row.count)?;
        }
        write!(f, "{} interruptions, {} slots lost", self.count(), self.lost())
    }
}

/// A line of a table: shares of these numbers, and the seed of the greatest.
fn line(f: &mut fmt::Formatter<'_>, kind: Kind, what: &str, spread: &Spread, decimals: usize) -> fmt::Result {
    let label = format!("{kind}, {what}");
    write!(f, "{label:<51}")?;
    for percent in [50, 90, 99] {
        write!(f, "{:>8.decimals$}", spread.percentile(percent))?;
    }
    let (worst, seed) = spread.ranked(100);
    writeln!(f, "{worst:>8.decimals$}{seed:>8}")
}
