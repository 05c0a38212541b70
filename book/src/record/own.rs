//! The reader's own figures: whatever can be read of them.
//!
//! They may be measured at this very moment, by a part of the benchmarks, by older ones or by
//! other ones. A file that makes no sense is passed over; a maintainer hears of it from `record`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::criterion::{self, Found};
use super::{Group, Kept, Machine, Measured, python};

impl Measured {
    /// The reader's figures, `None` if there are none.
    pub fn own(kept: &Kept) -> Option<Self> {
        let benchmarks = groups(criterion::read(kept.criterion()).flatten());
        let rows = python::read(&kept.python()).flatten();
        let python = python::comparison(rows);
        let is_empty = benchmarks.is_empty() && python.is_none();
        (!is_empty).then_some(Self { benchmarks, python })
    }
}

pub(super) fn groups(all: impl Iterator<Item = Found>) -> BTreeMap<String, Group> {
    let mut found: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for one in all {
        found.entry(one.group.clone()).or_default().push(one);
    }
    found
        .into_iter()
        .map(|(name, found)| (name, group(found)))
        .collect()
}

fn group(found: Vec<Found>) -> Group {
    let latest = found.iter().map(|found| found.written).max();
    let mut group = Group {
        machine: Machine::this(latest.unwrap_or(SystemTime::UNIX_EPOCH)),
        short: found.iter().any(|found| found.short),
        functions: BTreeMap::new(),
    };
    for one in found {
        let times = group.functions.entry(one.function).or_default();
        times.insert(one.parameter, one.time);
    }
    group
}
