//! Charts: `{{#chart name}}` draws what `charts/name.toml` defines, with the recorded figures and, if
//! there are any, the reader's own beside them.
//!
//! Classes adapt the picture to the theme, and a table below has the same figures. Nothing is drawn
//! that was not measured.

mod bar;
mod data;
mod definition;
mod line;
mod scale;
mod words;

use std::fs;

use maud::{Markup, html};
use walkdir::WalkDir;

use crate::measured::Measured;
use crate::problem::line_at;
use crate::project::Project;
use data::{Chart, Shape, check, with_unit};
use definition::Definition;
pub(crate) use scale::{Kind, Scale, show};
pub(crate) use words::notes;
use words::{told, with_unit_after};

const FOLDER: &str = "book/charts";

pub(crate) fn chart(
    project: &Project,
    name: &str,
    own: Option<&Measured>,
) -> Result<Markup, String> {
    let definition = read(project, name)?;
    let recorded = Measured::of(project)?;
    let chart = definition.chart(&recorded, own);
    chart
        .and_then(|chart| figure(name, &chart))
        .map_err(|problem| format!("{FOLDER}/{name}.toml: {problem}"))
}

/// Why a chart cannot be drawn from some measurements.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    #[error(
        "the chart `{chart}` would have no data: `{benchmark}` is not measured. \
         Measure its whole group: `{command}`"
    )]
    NoData {
        chart: String,
        benchmark: String,
        command: String,
    },
    #[error("{0}")]
    Definition(String),
}

/// Whether every chart of the book can be drawn from `recorded`.
pub(crate) fn check_all(project: &Project, recorded: &Measured) -> Result<(), ChartError> {
    let files = WalkDir::new(project.file(FOLDER)).sort_by_file_name();
    for file in files.into_iter().filter_map(Result::ok) {
        let name = file
            .file_name()
            .to_str()
            .and_then(|name| name.strip_suffix(".toml"));
        let Some(name) = name else { continue };
        let definition = read(project, name).map_err(ChartError::Definition)?;
        if let Some(benchmark) = definition.lacks(recorded) {
            return Err(ChartError::NoData {
                chart: name.to_owned(),
                benchmark,
                command: definition.command(),
            });
        }
        let chart = definition.chart(recorded, None);
        chart
            .and_then(|chart| figure(name, &chart))
            .map_err(|problem| {
                ChartError::Definition(format!("{FOLDER}/{name}.toml: {problem}"))
            })?;
    }
    Ok(())
}

fn read(project: &Project, name: &str) -> Result<Definition, String> {
    let path = format!("{FOLDER}/{name}.toml");
    let text = fs::read_to_string(project.file(&path))
        .map_err(|error| format!("no chart `{path}`: {error}"))?;
    toml::from_str(&text).map_err(|error| {
        let line = line_at(&text, error.span().map_or(0, |span| span.start));
        format!("{path}:{line}: {}", error.message())
    })
}

fn figure(name: &str, chart: &Chart) -> Result<Markup, String> {
    check(chart)?;
    let picture = match chart.kind {
        Shape::Bar => bar::draw(chart),
        Shape::Line => line::draw(chart)?,
    };
    Ok(html! {
        figure.chart data-figure={ "chart " (name) } {
            div.picture {
                (picture)
                @if chart.own.is_some() { (words::key(chart.kind)) }
            }
            figcaption {
                strong { (chart.title) } " " (chart.description) " "
                span.source {
                    "Measured on " (chart.recorded.machine) " with " code { (chart.command) } "."
                }
                @if let Some(own) = &chart.own { (words::own(chart, own)) }
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
                                td {
                                    (series.recorded[index].map_or("none".to_owned(), |figure| show(figure.median)))
                                    @if let Some(own) = series.own[index] {
                                        " " span.own { "yours " (show(own.median)) @if own.is_noisy() { ", noisy" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: &str = r#"{
        "benchmarks": { "Start": {
            "machine": { "cpu": "A", "cores": 2, "kernel": "Linux 6", "compiler": "rustc 1", "date": "2026-11-22" },
            "functions": {
                "a thread": { "": { "median_ns": 42000, "low_ns": 42000, "high_ns": 42000 } },
                "by processes": {
                    "10": { "median_ns": 1000, "low_ns": 900, "high_ns": 1200, "throughput": { "bytes": 1048576 } },
                    "2": { "median_ns": 5000, "low_ns": 4900, "high_ns": 5100 }
                }
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
        figure("one", &definition.chart(&measured, None)?).map(Markup::into_string)
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
    fn a_noisy_figure_has_a_whisker() {
        let noisy = shown(LINE).unwrap();
        // From 42 / 1.2 to 42 / 0.9 times as fast; the other figure is quiet.
        assert_eq!(noisy.matches("whisker").count(), 1, "{noisy}");
        let quiet = LINE
            .replace("'by processes'", "'a thread'")
            .replace("[[line]]", "[[bar]]");
        assert!(!shown(&quiet).unwrap().contains("whisker"));
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
