//! Recording: replaces recorded measurements by new ones, group by group, or says why not.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::figure::chart::{self, ChartError};
use crate::measured::{Folder, Measured, MeasuredError, criterion, groups, python};
use crate::project::Project;

/// Measurements recorded together were taken within this time: all benchmarks take some minutes.
const TOGETHER: Duration = Duration::from_secs(60 * 60);

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("nothing is measured in `{}`: run `cargo bench` first", .0.display())]
    NothingMeasured(PathBuf),
    #[error("`{0}` was measured by a short run: measure it again without `BENCH=short`")]
    Short(String),
    #[error(
        "`{older}` was measured more than an hour before `{newer}`, so they do not belong \
         together: delete `{}` and measure again", folder.display()
    )]
    Mixed {
        older: String,
        newer: String,
        folder: PathBuf,
    },
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error(transparent)]
    Measured(#[from] MeasuredError),
}

/// All measurements in the folder, if they are fit to be recorded.
///
/// # Errors
/// If there are none, if a file cannot be understood, or if they come from a short run or from
/// runs that do not belong together.
pub fn fit_to_record(folder: &Folder) -> Result<Measured, RecordError> {
    let benchmarks = criterion::read(folder.criterion()).collect::<Result<Vec<_>, _>>()?;
    let rows = python::read(&folder.python()).collect::<Result<Vec<_>, _>>()?;
    let entries = benchmarks.iter().map(|found| Entry {
        name: format!("{}/{}", found.group, found.function),
        short: found.short,
        written: found.written,
    });
    let entries = entries.chain(rows.iter().map(|found| Entry {
        name: format!("versus_python/{}", found.name),
        short: found.short,
        written: found.written,
    }));
    check(&entries.collect::<Vec<_>>(), folder.criterion())?;
    Ok(Measured {
        benchmarks: groups(benchmarks.into_iter()),
        python: python::comparison(rows.into_iter()),
    })
}

/// The benchmarks that are in `recorded` but no longer in the same groups of `new`.
pub fn no_longer_measured(new: &Measured, recorded: &Measured) -> Vec<String> {
    let mut gone = Vec::new();
    for (name, group) in &new.benchmarks {
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

/// `new`, completed by those groups of `recorded` that it lacks.
///
/// # Errors
/// If the book of `project` could no longer draw one of its charts.
pub fn replace_groups(
    mut new: Measured,
    recorded: Measured,
    project: &Project,
) -> Result<Measured, RecordError> {
    for (name, group) in recorded.benchmarks {
        new.benchmarks.entry(name).or_insert(group);
    }
    new.python = match (new.python, recorded.python) {
        (Some(new), Some(recorded)) => {
            let lacks = |name: &&String| !new.rows.contains_key(*name);
            if let Some(row) = recorded.rows.keys().find(lacks) {
                return Err(RecordError::Chart(ChartError::NoData {
                    chart: "comparison".to_owned(),
                    benchmark: row.clone(),
                    command: "cargo bench --bench versus_python".to_owned(),
                }));
            }
            Some(new)
        }
        (new, recorded) => new.or(recorded),
    };
    chart::check_all(project, &new)?;
    Ok(new)
}

struct Entry {
    name: String,
    short: bool,
    written: SystemTime,
}

fn check(all: &[Entry], folder: &Path) -> Result<(), RecordError> {
    let by_time = |entry: &&Entry| entry.written;
    let (Some(older), Some(newer)) = (
        all.iter().min_by_key(by_time),
        all.iter().max_by_key(by_time),
    ) else {
        return Err(RecordError::NothingMeasured(folder.to_owned()));
    };
    if let Some(short) = all.iter().find(|entry| entry.short) {
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
