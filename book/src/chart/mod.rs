//! Charts of recorded figures: `{{#chart name}}` draws `data/name.json`.
//!
//! The picture follows the theme through classes, and the same figures stand below it
//! as a table. Nothing is drawn that the file does not say.

mod bar;
mod line;
mod scale;

use std::fs;

use maud::{Markup, html};
use serde::Deserialize;

use crate::project::Project;
use scale::{Kind, show};

/// Series are told apart by colour, mark and dash; there are four of each.
const MOST_SERIES: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chart {
    title: String,
    /// What a reader should see in it, in a sentence or two.
    description: String,
    kind: Shape,
    x: Axis<Vec<Place>>,
    y: Axis,
    series: Vec<Series>,
    /// The machine the figures come from.
    machine: String,
    /// What records them again.
    command: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Bar,
    Line,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Axis<Values = ()> {
    label: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    scale: Kind,
    #[serde(default)]
    values: Values,
}

/// A place on the x axis: a number for lines, a name or number for bars.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Number(f64),
    Name(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    name: String,
    /// One for each place; `null` where there was no result.
    values: Vec<Option<f64>>,
}

pub(crate) fn chart(project: &Project, name: &str) -> Result<Markup, String> {
    let path = format!("book/data/{name}.json");
    let text = fs::read_to_string(project.file(&path))
        .map_err(|error| format!("no data `{path}`: {error}"))?;
    let chart: Chart =
        serde_json::from_str(&text).map_err(|error| format!("{path}:{}: {error}", error.line()))?;
    figure(&chart).map_err(|problem| format!("{path}: {problem}"))
}

fn figure(chart: &Chart) -> Result<Markup, String> {
    check(chart)?;
    let picture = match chart.kind {
        Shape::Bar => bar::draw(chart),
        Shape::Line => line::draw(chart)?,
    };
    Ok(html! {
        figure.chart {
            div.picture { (picture) }
            figcaption {
                strong { (chart.title) } " " (chart.description) " "
                span.source { "Measured on " (chart.machine) " with " code { (chart.command) } "." }
            }
            details { summary { "The figures as a table" } (table(chart)) }
        }
    })
}

fn check(chart: &Chart) -> Result<(), String> {
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
    for Series { name, values } in &chart.series {
        if values.len() != places {
            return Err(format!(
                "series `{name}` has {} values for {places} places",
                values.len()
            ));
        }
        if values
            .iter()
            .flatten()
            .any(|value| !value.is_finite() || *value < 0.0)
        {
            return Err(format!("series `{name}` has a negative value"));
        }
    }
    let logarithmic = [chart.x.scale, chart.y.scale].contains(&Kind::Log);
    if chart.kind == Shape::Bar && logarithmic {
        return Err(
            "bars start at 0, which a logarithmic scale does not have: draw lines".to_owned(),
        );
    }
    Ok(())
}

fn table(chart: &Chart) -> Markup {
    html! {
        div.table-wrapper {
            table {
                thead {
                    tr {
                        th scope="col" { (with_unit(&chart.x.label, &chart.x.unit)) }
                        @for series in &chart.series {
                            th scope="col" { (with_unit(&series.name, &chart.y.unit)) }
                        }
                    }
                }
                tbody {
                    @for (index, place) in chart.x.values.iter().enumerate() {
                        tr {
                            th scope="row" { (place.text()) }
                            @for series in &chart.series {
                                td { (series.values[index].map_or("none".to_owned(), show)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn with_unit(label: &str, unit: &str) -> String {
    if unit.is_empty() {
        label.to_owned()
    } else {
        format!("{label} ({unit})")
    }
}

impl Place {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => show(*number),
            Self::Name(name) => name.clone(),
        }
    }
}

/// What a screen reader says of the picture: `<title>` and `<desc>`.
fn told(chart: &Chart) -> Markup {
    html! { title { (chart.title) } desc { (chart.description) " The figures follow as a table." } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: &str = r#"{
        "title": "A task", "description": "Less is better.", "kind": "bar",
        "x": { "label": "Pool", "values": ["Python", "Rust"] },
        "y": { "label": "Time", "unit": "µs" },
        "series": [{ "name": "a task", "values": [42.0, 0.02] }],
        "machine": "two cores", "command": "cargo bench"
    }"#;

    fn shown(json: &str) -> Result<String, String> {
        let chart = serde_json::from_str(json).map_err(|error| error.to_string())?;
        figure(&chart).map(Markup::into_string)
    }

    #[test]
    fn the_figures_stand_in_the_picture_and_in_the_table() {
        let shown = shown(BARS).unwrap();
        assert!(shown.contains("<title>A task</title>"), "{shown}");
        assert!(shown.contains("<td>0.02</td>"), "{shown}");
        assert!(shown.contains("42 µs"), "{shown}");
    }

    #[test]
    fn values_must_fit_the_places() {
        let json = BARS.replace("[42.0, 0.02]", "[42.0]");
        assert!(shown(&json).unwrap_err().contains("1 values for 2 places"));
    }

    #[test]
    fn bars_have_no_logarithmic_scale() {
        let json = BARS.replace("\"unit\": \"µs\"", "\"scale\": \"log\"");
        assert!(shown(&json).unwrap_err().contains("bars start at 0"));
    }

    #[test]
    fn lines_need_numbers_to_stand_on() {
        let json = BARS.replace("\"bar\"", "\"line\"");
        assert!(shown(&json).unwrap_err().contains("numbers"));
        let json = json.replace("[\"Python\", \"Rust\"]", "[1, 2]");
        assert!(shown(&json).unwrap().contains("<path"));
    }
}
