//! Results as `cargo bench` leaves them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::json;

/// A benchmark's result, ready to be varied.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) name: [&'a str; 3],
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) samples: usize,
}

impl<'a> Left<'a> {
    /// For `name`, its group, function and parameter; quiet, and from a full run.
    pub(crate) fn of(name: [&'a str; 3], median: f64) -> Self {
        Self {
            name,
            median,
            low: median,
            high: median,
            samples: 20,
        }
    }

    /// Writes Criterion's files in Criterion's order. Each run has ten elements.
    pub(crate) fn leave(self, criterion: &Path) {
        let [group, function, parameter] = self.name;
        let new = folder(criterion, self.name);
        fs::create_dir_all(&new).unwrap();
        let write = |name: &str, value: serde_json::Value| {
            fs::write(new.join(name), value.to_string()).unwrap();
        };
        let times = vec![self.median; self.samples];
        write("sample.json", json!({ "times": times }));
        let interval = json!({ "lower_bound": self.low, "upper_bound": self.high });
        let median = json!({ "point_estimate": self.median, "confidence_interval": interval });
        write("estimates.json", json!({ "median": median }));
        let value = Some(parameter).filter(|parameter| !parameter.is_empty());
        let throughput = json!({ "Elements": 10 });
        write(
            "benchmark.json",
            json!({ "group_id": group, "function_id": function, "value_str": value, "throughput": throughput }),
        );
    }
}

/// Where Criterion keeps a benchmark's files.
pub(crate) fn folder(criterion: &Path, [group, function, parameter]: [&str; 3]) -> PathBuf {
    criterion
        .join(group)
        .join(function)
        .join(parameter)
        .join("new")
}

/// A row of the comparison, measured once on each side, in seconds.
pub(crate) fn leave_row(criterion: &Path, name: &str, version: &str, [python, rust]: [f64; 2]) {
    let folder = criterion.join("versus_python");
    fs::create_dir_all(&folder).unwrap();
    let row = json!({ "python_version": version, "start_method": "forkserver", "workers": 2,
        "short": false, "what": name, "unit": "s", "python": [python], "rust": [rust] });
    fs::write(folder.join(format!("{name}.json")), row.to_string()).unwrap();
}

/// Makes `file` look as if it had been written that long ago.
pub(crate) fn age(file: &Path, by: Duration) {
    let file = File::options().write(true).open(file).unwrap();
    file.set_modified(SystemTime::now() - by).unwrap();
}
