//! The comparison with Python: `{{#comparison}}` makes a table of what was recorded and, where
//! there is any, of what the reader measured.

use maud::{Markup, html};

use crate::chart::{notes, show};
use crate::project::Project;
use crate::record::{Comparison, Measured, Row, Spread};

pub(crate) fn comparison(project: &Project, own: Option<&Measured>) -> Result<Markup, String> {
    let measured = Measured::of(project)?;
    let python = measured.python.as_ref();
    let python = python.ok_or("no comparison with Python was recorded")?;
    Ok(table(python, own.and_then(|own| own.python.as_ref())))
}

fn table(python: &Comparison, own: Option<&Comparison>) -> Markup {
    let mut rows: Vec<(&String, &Row)> = python.rows.iter().collect();
    rows.sort_by(|one, two| times(two.1).total_cmp(&times(one.1)));
    // A row that was renamed since is another row.
    let of_own = |name: &String| own.and_then(|own| own.rows.get(name));
    html! {
        figure.chart data-figure="comparison" {
            div.table-wrapper {
                table {
                    thead {
                        tr {
                            th scope="col" { "What" }
                            th scope="col" { (python.version) }
                            th scope="col" { "This library" }
                            th scope="col" { "Times less" }
                        }
                    }
                    tbody {
                        @for (name, row) in rows {
                            @let own = of_own(name);
                            tr {
                                th scope="row" { (row.what) }
                                td { (amount(row.python.median, &row.unit)) (yours(own, |own| of_side(&own.python, own))) }
                                td { (amount(row.rust.median, &row.unit)) (yours(own, |own| of_side(&own.rust, own))) }
                                td { (show(times(row))) (yours(own, |own| show(times(own)))) }
                            }
                        }
                    }
                }
            }
            figcaption {
                strong { "The same work by Python and by this library." }
                " Medians of runs in turn, with " (python.workers) " workers each. "
                @if let Some(start) = &python.start_per_bare_fork {
                    "To start and join a process takes " (show(start.median))
                    " times as long as a bare fork that takes turns with it. "
                }
                span.source {
                    "Measured on " (python.machine) " with " code { "cargo bench --bench versus_python" } "."
                }
                @if let Some(own) = own { (source(own)) }
            }
        }
    }
}

fn yours(own: Option<&Row>, figure: impl Fn(&Row) -> String) -> Markup {
    html! { @if let Some(own) = own { " " span.own { "yours " (figure(own)) } } }
}

fn of_side(side: &Spread, row: &Row) -> String {
    let noisy = if side.is_noisy() { ", noisy" } else { "" };
    format!("{}{noisy}", amount(side.median, &row.unit))
}

fn source(own: &Comparison) -> Markup {
    let sides = own.rows.values().flat_map(|row| [&row.python, &row.rust]);
    let noisy = sides.clone().filter(|side| side.is_noisy()).count();
    html! {
        " " span.own {
            "Yours: " (own.version) ", " (own.machine) "." (notes(own.short, noisy, sides.count()))
            @if let Some(start) = &own.start_per_bare_fork {
                " Your process takes " (show(start.median)) " times as long as a bare fork."
            }
        }
    }
}

fn times(row: &Row) -> f64 {
    row.python.median / row.rust.median
}

fn amount(value: f64, unit: &str) -> String {
    let (value, unit) = match unit {
        "ns" if value >= 1e6 => (value / 1e6, "ms"),
        "ns" if value >= 1e3 => (value / 1e3, "µs"),
        unit => (value, unit),
    };
    format!("{} {unit}", show(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_units_that_can_be_read_and_says_how_many_times() {
        let python = serde_json::from_str(
            r#"{ "machine": { "cpu": "A", "cores": 2, "kernel": "Linux 6", "compiler": "rustc 1", "date": "2026-11-22" },
                "version": "Python 3", "workers": 2,
                "rows": { "apply": { "what": "apply", "unit": "ns",
                    "python": { "median": 150000, "low": 0, "high": 0 },
                    "rust": { "median": 500, "low": 0, "high": 0 } } },
                "start_per_bare_fork": { "median": 1.25, "low": 1, "high": 2 } }"#,
        )
        .unwrap();
        let shown = table(&python, None).into_string();
        let row = "apply</th><td>150 µs</td><td>500 ns</td><td>300</td>";
        assert!(shown.contains(row), "{shown}");
        assert!(shown.contains("1.25 times"), "{shown}");
    }
}
