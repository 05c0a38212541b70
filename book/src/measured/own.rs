//! The reader's own measurements, as far as they can be read.
//!
//! They may be incomplete, still being taken, or from other versions of the benchmarks. Files that
//! cannot be understood are skipped here; `record` reports them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::criterion::{self, Found};
use super::{Folder, Group, Machine, Measured, python};

impl Measured {
    /// `None` if nothing was measured.
    pub fn own(folder: &Folder) -> Option<Self> {
        let benchmarks = groups(criterion::read(folder.criterion()).flatten());
        let rows = python::read(&folder.python()).flatten();
        let python = python::comparison(rows);
        let is_empty = benchmarks.is_empty() && python.is_none();
        (!is_empty).then_some(Self { benchmarks, python })
    }
}

pub(crate) fn groups(all: impl Iterator<Item = Found>) -> BTreeMap<String, Group> {
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
