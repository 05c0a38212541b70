//! Records: puts what was measured in the place of what is recorded, group by group.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::own::groups;
use super::{Kept, Measured, RecordError, criterion, python};
use crate::chart;
use crate::project::Project;

/// What is recorded together was measured within this time: all benchmarks take some minutes.
const TOGETHER: Duration = Duration::from_secs(60 * 60);

impl Measured {
    /// What is in the folder, if it is fit to be recorded.
    ///
    /// # Errors
    /// If there is nothing, if a file makes no sense, or if the figures come from a short run or
    /// from runs that do not belong together.
    pub fn whole(kept: &Kept) -> Result<Self, RecordError> {
        let benchmarks = criterion::read(kept.criterion()).collect::<Result<Vec<_>, _>>()?;
        let rows = python::read(&kept.python()).collect::<Result<Vec<_>, _>>()?;
        let named = benchmarks.iter().map(|found| Named {
            name: format!("{}/{}", found.group, found.function),
            short: found.short,
            written: found.written,
        });
        let named = named.chain(rows.iter().map(|found| Named {
            name: format!("versus_python/{}", found.name),
            short: found.short,
            written: found.written,
        }));
        fit(&named.collect::<Vec<_>>(), kept.criterion())?;
        Ok(Self {
            benchmarks: groups(benchmarks.into_iter()),
            python: python::comparison(rows.into_iter()),
        })
    }

    /// What `recorded` has in the groups of these figures, and they have not.
    pub fn takes_from(&self, recorded: &Self) -> Vec<String> {
        let mut gone = Vec::new();
        for (name, group) in &self.benchmarks {
            let recorded = recorded.benchmarks.get(name).into_iter();
            for (function, times) in recorded.flat_map(|group| &group.functions) {
                let left = group.functions.get(function);
                let lacks =
                    |parameter: &&String| left.is_none_or(|left| !left.contains_key(*parameter));
                gone.extend(times.keys().filter(lacks).map(|parameter| {
                    let name = format!("{name}/{function}/{parameter}");
                    name.trim_end_matches('/').to_owned()
                }));
            }
        }
        gone
    }

    /// These figures, and of `recorded` the groups that they lack.
    ///
    /// # Errors
    /// If the book of `project` could not draw one of its charts any more.
    pub fn onto(mut self, recorded: Self, project: &Project) -> Result<Self, RecordError> {
        for (name, group) in recorded.benchmarks {
            self.benchmarks.entry(name).or_insert(group);
        }
        self.python = match (self.python, recorded.python) {
            (Some(own), Some(recorded)) => {
                let lacks = |name: &&String| !own.rows.contains_key(*name);
                if let Some(row) = recorded.rows.keys().find(lacks) {
                    return Err(RecordError::ChartWithoutData {
                        chart: "comparison".to_owned(),
                        benchmark: row.clone(),
                        command: "cargo bench --bench versus_python".to_owned(),
                    });
                }
                Some(own)
            }
            (own, recorded) => own.or(recorded),
        };
        chart::check_all(project, &self)?;
        Ok(self)
    }
}

struct Named {
    name: String,
    short: bool,
    written: SystemTime,
}

fn fit(all: &[Named], folder: &Path) -> Result<(), RecordError> {
    let by_time = |named: &&Named| named.written;
    let (Some(older), Some(newer)) = (
        all.iter().min_by_key(by_time),
        all.iter().max_by_key(by_time),
    ) else {
        return Err(RecordError::NothingMeasured(folder.to_owned()));
    };
    if let Some(short) = all.iter().find(|named| named.short) {
        return Err(RecordError::Short(short.name.clone()));
    }
    let apart = newer.written.duration_since(older.written);
    if apart.is_ok_and(|apart| apart > TOGETHER) {
        return Err(RecordError::Mixed {
            older: older.name.clone(),
            newer: newer.name.clone(),
            folder: folder.to_owned(),
        });
    }
    Ok(())
}
