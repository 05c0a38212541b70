//! What else the machine did while a program measured.

use std::fs;

use crate::cores;

/// Begun before the work, and asked after it.
#[derive(Debug)]
pub struct Watch(Option<Times>);

/// How many of the system's ticks have passed, on all cores together.
#[derive(Debug)]
struct Times {
    cores: f64,
    all: f64,
    idle: f64,
    /// On which this program ran, or one of its children that have ended.
    ours: f64,
}

impl Watch {
    pub fn begin() -> Self {
        Self(Times::now())
    }

    /// Why this run can't show that `workers` are faster than one, if it can't: there are too few
    /// cores, or other programs used them.
    pub fn obstacle(&self, workers: usize) -> Option<String> {
        if cores() < workers {
            return Some(format!(
                "{workers} workers take turns on {} core(s)",
                cores()
            ));
        }
        let (then, now) = (self.0.as_ref()?, Times::now()?);
        let by_others = (now.all - then.all) - (now.idle - then.idle) - (now.ours - then.ours);
        let busy = by_others / (now.all - then.all) * now.cores;
        (busy > 0.25 * now.cores).then(|| {
            format!(
                "other programs kept {busy:.1} of the {} cores busy",
                now.cores
            )
        })
    }
}

impl Times {
    fn now() -> Option<Self> {
        let system = fs::read_to_string("/proc/stat").ok()?;
        // The first line adds up the others: user, nice, system, idle, iowait, irq, softirq, steal.
        let mut lines = system.lines().take_while(|line| line.starts_with("cpu"));
        let times = numbers(lines.next()?.split_whitespace().skip(1).take(8))?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        // Behind the name, which may hold anything: the twelfth to fifteenth are user and system
        // time, ours and that of the children.
        let (_, own) = own.rsplit_once(')')?;
        let own = numbers(own.split_whitespace().skip(11).take(4))?;
        Some(Self {
            cores: lines.count() as f64,
            all: times.iter().sum(),
            idle: times.get(3)? + times.get(4)?,
            ours: own.iter().sum(),
        })
    }
}

fn numbers<'a>(words: impl Iterator<Item = &'a str>) -> Option<Vec<f64>> {
    words.map(|word| word.parse().ok()).collect()
}
