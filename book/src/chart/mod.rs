//! Charts of recorded figures: `{{#chart name}}` draws what `charts/name.toml` asks for.
//!
//! The picture follows the theme through classes, and the same figures stand below it
//! as a table. Nothing is drawn that was not recorded.

mod bar;
mod data;
mod definition;
mod line;
mod scale;

use std::fs;

use maud::{Markup, html};

use crate::problem::line_at;
use crate::project::Project;
use crate::record::Measured;
use data::{Chart, Shape, check, with_unit};
use definition::Definition;
pub(crate) use scale::{Kind, Scale, show};

pub(crate) fn chart(project: &Project, name: &str) -> Result<Markup, String> {
    let path = format!("book/charts/{name}.toml");
    let text = fs::read_to_string(project.file(&path))
        .map_err(|error| format!("no chart `{path}`: {error}"))?;
    let definition: Definition = toml::from_str(&text).map_err(|error| {
        let line = line_at(&text, error.span().map_or(0, |span| span.start));
        format!("{path}:{line}: {}", error.message())
    })?;
    let measured = Measured::of(project)?;
    let chart = definition.chart(&measured);
    chart
        .and_then(|chart| figure(&chart))
        .map_err(|problem| format!("{path}: {problem}"))
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
                        th scope="col" { (chart.x.label) }
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

    const MEASURED: &str = r#"{
        "machine": { "cpu": "A", "cores": 2, "kernel": "Linux 6", "compiler": "rustc 1", "date": "2026-11-22" },
        "benchmarks": { "Start": {
            "a thread": { "": { "median_ns": 42000, "low_ns": 0, "high_ns": 0 } },
            "by processes": {
                "10": { "median_ns": 1000, "low_ns": 0, "high_ns": 0, "throughput": { "bytes": 1048576 } },
                "2": { "median_ns": 5000, "low_ns": 0, "high_ns": 0 }
            }
        } },
        "python": null
    }"#;

    const BARS: &str = "title = 'A start'\ndescription = 'Less is better.'\nbench = 'start'\n\
        group = 'Start'\nshow = 'time'\nunit = 'µs'\nx = 'What'\n\
        [[bar]]\nname = 'thread'\nfunction = 'a thread'\n";

    const LINE: &str = "title = 'Faster'\ndescription = 'More.'\nbench = 'start'\n\
        group = 'Start'\nshow = 'speedup'\nx = 'Workers'\nbaseline.function = 'a thread'\n\
        [[line]]\nname = 'processes'\nfunction = 'by processes'\n";

    fn shown(definition: &str) -> Result<String, String> {
        let measured = serde_json::from_str(MEASURED).map_err(|error| error.to_string())?;
        let definition: Definition =
            toml::from_str(definition).map_err(|error| error.to_string())?;
        figure(&definition.chart(&measured)?).map(Markup::into_string)
    }

    #[test]
    fn the_figures_stand_in_the_picture_and_in_the_table() {
        let shown = shown(BARS).unwrap();
        assert!(shown.contains("<title>A start</title>"), "{shown}");
        assert!(shown.contains("<td>42</td>"), "{shown}");
        assert!(shown.contains("42 µs"), "{shown}");
        assert!(
            shown.contains("<code>cargo bench --bench start</code>"),
            "{shown}"
        );
    }

    #[test]
    fn lines_stand_in_the_order_of_their_numbers() {
        let shown = shown(LINE).unwrap();
        let rows =
            r#"<th scope="row">2</th><td>8.4</td></tr><tr><th scope="row">10</th><td>42</td>"#;
        assert!(shown.contains(rows), "{shown}");
        assert!(shown.contains("<path"), "{shown}");
    }

    #[test]
    fn what_was_not_recorded_is_named() {
        let missing = BARS.replace("a thread", "a program");
        assert!(
            shown(&missing)
                .unwrap_err()
                .contains("`Start`, `a program` is not")
        );
        let missing = LINE.replace("show = 'speedup'", "show = 'rate'\nunit = 'MiB/s'");
        assert!(shown(&missing).unwrap_err().contains("no throughput"));
    }

    #[test]
    fn bars_have_no_logarithmic_scale() {
        let logarithmic = BARS.replace("x = ", "y_scale = 'log'\nx = ");
        assert!(shown(&logarithmic).unwrap_err().contains("bars start at 0"));
    }

    #[test]
    fn lines_need_numbers_to_stand_on() {
        let names = LINE.replace("'by processes'", "'a thread'");
        assert!(shown(&names).unwrap_err().contains("no place for ``"));
    }
}
