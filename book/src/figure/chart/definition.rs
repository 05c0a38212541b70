//! A chart's definition in `charts/`, and the chart drawn from it with the recorded figures and, if
//! there are any, the reader's own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::data::{Chart, Origin, Place, Series, Shape, XAxis, YAxis};
use super::scale::Kind;
use crate::measured::{Group, Measured, Spread, Throughput, Time};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    title: String,
    /// What a reader should see in it, in a sentence or two.
    description: String,
    /// The benchmark: `speedup` for `cargo bench --bench speedup`.
    bench: String,
    /// Criterion's name for the group; a function may name another one.
    group: String,
    show: Show,
    /// For times and rates.
    #[serde(default)]
    unit: Option<Unit>,
    /// What the functions' parameter means.
    x: String,
    /// The parameter is a number of bytes.
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
    /// The function that a speedup compares with.
    #[serde(default)]
    baseline: Option<Function>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    /// The name that readers see.
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
    /// The time of a run.
    Time,
    /// The time of each element of a run.
    Each,
    /// Bytes per second.
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

/// The places on the x axis, and the series over them.
type Drawn = (Shape, Vec<Place>, Vec<Series>);

impl Definition {
    pub(super) fn chart(
        &self,
        recorded: &Measured,
        own: Option<&Measured>,
    ) -> Result<Chart, String> {
        let (kind, values, series) = match (&self.line[..], &self.bar[..]) {
            ([], []) | ([_, ..], [_, ..]) => {
                return Err("a chart has either lines or bars".to_owned());
            }
            (lines, []) => self.lines(recorded, own, lines)?,
            (_, bars) => self.bars(recorded, own, bars)?,
        };
        let has_own = series
            .iter()
            .any(|series| series.own.iter().any(Option::is_some));
        let groups = self.groups(recorded);
        let origin = Origin::of(&groups).ok_or("nothing is drawn")?;
        if groups
            .iter()
            .any(|group| group.machine != groups[0].machine)
        {
            return Err("its groups were measured on different machines or days".to_owned());
        }
        Ok(Chart {
            title: self.title.clone(),
            description: self.description.clone(),
            kind,
            x: XAxis {
                label: self.x.clone(),
                scale: self.x_scale_over(&series, &values),
                values,
            },
            y: YAxis {
                label: self.label().to_owned(),
                unit: self.unit.map_or("", Unit::text).to_owned(),
                scale: self.y_scale,
            },
            series,
            recorded: origin,
            own: own
                .filter(|_| has_own)
                .and_then(|own| Origin::of(&self.groups(own))),
            command: self.command(),
        })
    }

    pub(super) fn command(&self) -> String {
        format!("cargo bench --bench {}", self.bench)
    }

    /// The first benchmark that the chart needs and `measured` lacks.
    pub(super) fn lacks(&self, measured: &Measured) -> Option<String> {
        let lines = self.line.iter().map(|line| (line, false));
        let others = self.bar.iter().chain(&self.baseline).map(|bar| (bar, true));
        let missing = lines.chain(others).find(|(function, one)| {
            let times = measured.times(self.group_of(function), &function.function);
            times.is_none_or(|times| *one && !times.contains_key(&function.parameter))
        });
        missing.map(|(function, _)| {
            let names = [
                self.group_of(function),
                &function.function,
                &function.parameter,
            ];
            names.join("/").trim_end_matches('/').to_owned()
        })
    }

    fn lines(
        &self,
        recorded: &Measured,
        own: Option<&Measured>,
        lines: &[Function],
    ) -> Result<Drawn, String> {
        let mut places: Vec<f64> = Vec::new();
        for line in lines {
            for parameter in self.times(recorded, line)?.keys() {
                let number = parameter.parse();
                places.push(number.map_err(|_| format!("a line has no place for `{parameter}`"))?);
            }
            // Another machine may have other parameters, and an older benchmark may have names for them.
            let own = own.and_then(|own| own.times(self.group_of(line), &line.function));
            let names = own.into_iter().flat_map(|times| times.keys());
            let numbers = names.filter_map(|name| name.parse().ok());
            places.extend(numbers.filter(|number: &f64| number.is_finite() && *number > 0.0));
        }
        places.sort_by(f64::total_cmp);
        places.dedup();
        let mut series = Vec::new();
        for line in lines {
            let times = self.times(recorded, line)?;
            let value = |place: &f64| {
                let time = times.get(&place.to_string());
                time.map(|time| self.value(recorded, time)).transpose()
            };
            let own_value = |place: &f64| self.own(own?, line, &place.to_string());
            series.push(Series {
                name: line.name.clone(),
                recorded: places.iter().map(value).collect::<Result<_, _>>()?,
                own: places.iter().map(own_value).collect(),
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
        recorded: &Measured,
        own: Option<&Measured>,
        bars: &[Function],
    ) -> Result<Drawn, String> {
        let value = |bar: &Function| self.value(recorded, self.time(recorded, bar)?).map(Some);
        let places = bars.iter().map(|bar| Place::Name(bar.name.clone()));
        let series = Series {
            name: self.label().to_owned(),
            recorded: bars.iter().map(value).collect::<Result<_, _>>()?,
            own: bars
                .iter()
                .map(|bar| self.own(own?, bar, &bar.parameter))
                .collect(),
        };
        Ok((Shape::Bar, places.collect(), vec![series]))
    }

    /// Next to a machine with many cores, the recorded one would have no room on a linear axis.
    fn x_scale_over(&self, series: &[Series], places: &[Place]) -> Kind {
        let is_recorded = |at: &usize| series.iter().any(|series| series.recorded[*at].is_some());
        let number = |at: usize| match places[at] {
            Place::Number(number) | Place::Bytes(number) => number,
            Place::Name(_) => 0.0,
        };
        let recorded = (0..places.len())
            .rev()
            .find(is_recorded)
            .map_or(0.0, number);
        match places.len().checked_sub(1).map_or(0.0, number) > 3.0 * recorded {
            true => Kind::Log,
            false => self.x_scale,
        }
    }

    /// One of the reader's figures; `None` if it does not fit the chart.
    fn own(&self, own: &Measured, function: &Function, parameter: &str) -> Option<Spread> {
        let time = own.time(self.group_of(function), &function.function, parameter)?;
        self.value(own, time).ok()
    }

    fn group_of<'f>(&'f self, function: &'f Function) -> &'f str {
        function.group.as_ref().unwrap_or(&self.group)
    }

    /// The groups of `measured` that the chart draws from.
    fn groups<'m>(&self, measured: &'m Measured) -> Vec<&'m Group> {
        let functions = self.line.iter().chain(&self.bar);
        let mut names: Vec<&str> = functions.map(|function| self.group_of(function)).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| measured.benchmarks.get(name))
            .collect()
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
        let group = self.group_of(function);
        measured.times(group, &function.function).ok_or_else(|| {
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

    fn value(&self, measured: &Measured, time: &Time) -> Result<Spread, String> {
        let amount = || match time.throughput {
            Some(Throughput::Elements(amount) | Throughput::Bytes(amount)) => Ok(amount as f64),
            None => Err("there is no throughput to divide by".to_owned()),
        };
        let unit = match self.unit {
            Some(Unit::Nanoseconds) => Ok(1.0),
            Some(Unit::Microseconds) => Ok(1e3),
            Some(Unit::Milliseconds) => Ok(1e6),
            _ => Err("a time has the unit ns, µs or ms".to_owned()),
        };
        let divided =
            |by: f64| Spread::of(time.median_ns / by, time.low_ns / by, time.high_ns / by);
        // Less time is more throughput, so the bounds are swapped.
        let dividing = |low: f64, median: f64, high: f64| {
            Spread::of(
                median / time.median_ns,
                low / time.high_ns,
                high / time.low_ns,
            )
        };
        let value = match self.show {
            Show::Time => divided(unit?),
            Show::Each => divided(unit? * amount()?),
            Show::Rate => match self.unit {
                Some(Unit::MebibytesPerSecond) => {
                    let amount = amount()? / f64::from(1 << 20) * 1e9;
                    dividing(amount, amount, amount)
                }
                _ => return Err("a rate has the unit MiB/s".to_owned()),
            },
            Show::Speedup => {
                let baseline = self.baseline.as_ref().ok_or("a speedup needs a baseline")?;
                let alone = self.time(measured, baseline)?;
                dividing(alone.low_ns, alone.median_ns, alone.high_ns)
            }
        };
        value.ok_or_else(|| {
            format!(
                "{} ns, between {} and {}, is not a time",
                time.median_ns, time.low_ns, time.high_ns
            )
        })
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
