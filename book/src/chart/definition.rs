//! What a chart's file in `charts/` asks for, and the chart that it becomes with the figures that
//! were recorded.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::data::{Chart, Place, Series, Shape, XAxis, YAxis};
use super::scale::Kind;
use crate::record::{Measured, Throughput, Time};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    title: String,
    /// What a reader should see in it, in a sentence or two.
    description: String,
    /// The benchmark: `speedup` for `cargo bench --bench speedup`.
    bench: String,
    /// What Criterion calls the group; each function of it can have another.
    group: String,
    show: Show,
    /// Of times and rates.
    #[serde(default)]
    unit: Option<Unit>,
    /// What the functions' parameter is.
    x: String,
    /// That parameter is a number of bytes.
    #[serde(default)]
    x_in_bytes: bool,
    #[serde(default)]
    x_scale: Kind,
    #[serde(default)]
    y_scale: Kind,
    /// The functions as lines over their parameter.
    #[serde(default)]
    line: Vec<Function>,
    /// The functions as bars.
    #[serde(default)]
    bar: Vec<Function>,
    /// The function that the others are so many times as fast as.
    #[serde(default)]
    baseline: Option<Function>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    /// What readers know it by.
    #[serde(default)]
    name: String,
    function: String,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    parameter: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Show {
    /// How long a run takes.
    Time,
    /// How long each element of it takes.
    Each,
    /// How many bytes go through in a second.
    Rate,
    /// How many times as fast as the baseline.
    Speedup,
}

#[derive(Deserialize, Clone, Copy)]
enum Unit {
    #[serde(rename = "ns")]
    Nanoseconds,
    #[serde(rename = "µs")]
    Microseconds,
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "MiB/s")]
    MebibytesPerSecond,
}

impl Definition {
    pub(super) fn chart(&self, measured: &Measured) -> Result<Chart, String> {
        let (kind, values, series) = match (&self.line[..], &self.bar[..]) {
            ([], []) | ([_, ..], [_, ..]) => {
                return Err("a chart has either lines or bars".to_owned());
            }
            (lines, []) => self.lines(measured, lines)?,
            (_, bars) => self.bars(measured, bars)?,
        };
        Ok(Chart {
            title: self.title.clone(),
            description: self.description.clone(),
            kind,
            x: XAxis {
                label: self.x.clone(),
                scale: self.x_scale,
                values,
            },
            y: YAxis {
                label: self.label().to_owned(),
                unit: self.unit.map_or("", Unit::text).to_owned(),
                scale: self.y_scale,
            },
            series,
            machine: measured.machine.to_string(),
            command: format!("cargo bench --bench {}", self.bench),
        })
    }

    fn lines(
        &self,
        measured: &Measured,
        lines: &[Function],
    ) -> Result<(Shape, Vec<Place>, Vec<Series>), String> {
        let all = lines.iter().map(|line| self.times(measured, line));
        let all = all.collect::<Result<Vec<_>, _>>()?;
        let mut places: Vec<f64> = Vec::new();
        for parameter in all.iter().flat_map(|times| times.keys()) {
            let number = parameter.parse();
            places.push(number.map_err(|_| format!("a line has no place for `{parameter}`"))?);
        }
        places.sort_by(f64::total_cmp);
        places.dedup();
        let mut series = Vec::new();
        for (line, times) in lines.iter().zip(all) {
            let value = |place: &f64| {
                let time = times.get(&place.to_string());
                time.map(|time| self.value(measured, time)).transpose()
            };
            series.push(Series {
                name: line.name.clone(),
                values: places.iter().map(value).collect::<Result<_, _>>()?,
            });
        }
        let place = if self.x_in_bytes {
            Place::Bytes
        } else {
            Place::Number
        };
        let places = places.into_iter().map(place).collect();
        Ok((Shape::Line, places, series))
    }

    fn bars(
        &self,
        measured: &Measured,
        bars: &[Function],
    ) -> Result<(Shape, Vec<Place>, Vec<Series>), String> {
        let value = |bar: &Function| self.value(measured, self.time(measured, bar)?).map(Some);
        let places = bars.iter().map(|bar| Place::Name(bar.name.clone()));
        let series = Series {
            name: self.label().to_owned(),
            values: bars.iter().map(value).collect::<Result<_, _>>()?,
        };
        Ok((Shape::Bar, places.collect(), vec![series]))
    }

    fn label(&self) -> &'static str {
        match self.show {
            Show::Time | Show::Each => "Time",
            Show::Rate => "Throughput",
            Show::Speedup => "Times as fast",
        }
    }

    fn times<'m>(
        &self,
        measured: &'m Measured,
        function: &Function,
    ) -> Result<&'m BTreeMap<String, Time>, String> {
        let group = function.group.as_ref().unwrap_or(&self.group);
        let functions = measured.benchmarks.get(group);
        let times = functions.and_then(|functions| functions.get(&function.function));
        times.ok_or_else(|| {
            let function = &function.function;
            format!("`{group}`, `{function}` is not among what was recorded")
        })
    }

    fn time<'m>(&self, measured: &'m Measured, function: &Function) -> Result<&'m Time, String> {
        let time = self.times(measured, function)?.get(&function.parameter);
        time.ok_or_else(|| {
            let Function {
                function,
                parameter,
                ..
            } = function;
            format!("`{function}` was not recorded with `{parameter}`")
        })
    }

    fn value(&self, measured: &Measured, time: &Time) -> Result<f64, String> {
        let nanoseconds = time.median_ns;
        let amount = || match time.throughput {
            Some(Throughput::Elements(amount) | Throughput::Bytes(amount)) => Ok(amount as f64),
            None => Err("there is no throughput to divide by".to_owned()),
        };
        let in_unit = |nanoseconds: f64| match self.unit {
            Some(Unit::Nanoseconds) => Ok(nanoseconds),
            Some(Unit::Microseconds) => Ok(nanoseconds / 1e3),
            Some(Unit::Milliseconds) => Ok(nanoseconds / 1e6),
            _ => Err("a time has the unit ns, µs or ms".to_owned()),
        };
        match self.show {
            Show::Time => in_unit(nanoseconds),
            Show::Each => in_unit(nanoseconds / amount()?),
            Show::Rate => match self.unit {
                Some(Unit::MebibytesPerSecond) => {
                    Ok(amount()? / f64::from(1 << 20) / (nanoseconds / 1e9))
                }
                _ => Err("a rate has the unit MiB/s".to_owned()),
            },
            Show::Speedup => {
                let baseline = self.baseline.as_ref().ok_or("a speedup needs a baseline")?;
                Ok(self.time(measured, baseline)?.median_ns / nanoseconds)
            }
        }
    }
}

impl Unit {
    fn text(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::MebibytesPerSecond => "MiB/s",
        }
    }
}
