//! Charts of recorded figures: `{{#chart name}}` draws `data/name.json`.
//!
//! The picture follows the theme through classes, and the same figures stand below it
//! as a table. Nothing is drawn that the file does not say.

mod bar;
mod data;
mod line;
mod scale;

use std::fs;

use maud::{Markup, html};

use crate::project::Project;
use data::{Chart, Shape, check, with_unit};
pub(crate) use scale::{Kind, Scale, show};

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
