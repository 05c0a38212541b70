//! The data of a chart, and whether it can be drawn.

use super::scale::{Kind, show};
use crate::measured::{Group, Spread};

/// Series differ in colour, mark and dash, and there are four of each.
const MOST_SERIES: usize = 4;

pub(super) struct Chart {
    pub(super) title: String,
    /// What it shows, in a sentence or two.
    pub(super) description: String,
    pub(super) kind: Shape,
    pub(super) x: XAxis,
    pub(super) y: YAxis,
    pub(super) series: Vec<Series>,
    pub(super) recorded: Origin,
    /// `None` if the reader has measured none of it.
    pub(super) own: Option<Origin>,
    /// The command that measures it again.
    pub(super) command: String,
}

/// Where figures come from.
pub(super) struct Origin {
    pub(super) machine: String,
    /// From a short run.
    pub(super) short: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Bar,
    Line,
}

pub(super) struct XAxis {
    pub(super) label: String,
    pub(super) scale: Kind,
    pub(super) values: Vec<Place>,
}

pub(super) struct YAxis {
    pub(super) label: String,
    pub(super) unit: String,
    pub(super) scale: Kind,
}

/// A place on the x axis: a number for lines, a name for bars.
pub(super) enum Place {
    Number(f64),
    Bytes(f64),
    Name(String),
}

pub(super) struct Series {
    pub(super) name: String,
    /// One value for each place; `None` if it was not measured.
    pub(super) recorded: Vec<Option<Spread>>,
    /// Likewise, the reader's own.
    pub(super) own: Vec<Option<Spread>>,
}

pub(super) fn check(chart: &Chart) -> Result<(), String> {
    let places = chart.x.values.len();
    if places == 0 {
        return Err("x has no values".to_owned());
    }
    if chart.series.is_empty() || chart.series.len() > MOST_SERIES {
        return Err(format!(
            "a chart has 1 to {MOST_SERIES} series, not {}",
            chart.series.len()
        ));
    }
    let logarithmic = [chart.x.scale, chart.y.scale].contains(&Kind::Log);
    if chart.kind == Shape::Bar && logarithmic {
        return Err(
            "bars start at 0, which a logarithmic scale does not have: draw lines".to_owned(),
        );
    }
    Ok(())
}

pub(super) fn with_unit(label: &str, unit: &str) -> String {
    if unit.is_empty() {
        label.to_owned()
    } else {
        format!("{label} ({unit})")
    }
}

impl Chart {
    /// All values that the scale must cover.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        let series = self.series.iter();
        let all = series.flat_map(|series| series.recorded.iter().chain(&series.own));
        all.flatten().flat_map(Spread::reach)
    }

    /// The reader's figures, and how many of them are noisy.
    pub(super) fn own_and_noisy(&self) -> (usize, usize) {
        let own = self
            .series
            .iter()
            .flat_map(|series| series.own.iter().flatten());
        let noisy = own.clone().filter(|figure| figure.is_noisy());
        (own.count(), noisy.count())
    }
}

impl Origin {
    /// The machine of the latest measurement.
    pub(super) fn of(groups: &[&Group]) -> Option<Self> {
        let last = groups.iter().max_by_key(|group| &group.machine.date)?;
        Some(Self {
            machine: last.machine.to_string(),
            short: groups.iter().any(|group| group.short),
        })
    }
}

impl Place {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(number) => show(*number),
            Self::Bytes(number) => bytes(*number),
            Self::Name(name) => name.clone(),
        }
    }
}

/// `64 KiB`
fn bytes(number: f64) -> String {
    let units = [("MiB", 1_048_576.0), ("KiB", 1024.0), ("B", 1.0)];
    let unit = units.into_iter().find(|(_, size)| number >= *size);
    let (name, size) = unit.unwrap_or(("B", 1.0));
    // A non-breaking space.
    format!("{}\u{a0}{name}", show(number / size))
}
