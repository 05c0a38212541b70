//! The comparison with Python as it was recorded: `{{#comparison}}` makes a table of it.

use maud::{Markup, html};

use crate::chart::show;
use crate::project::Project;
use crate::record::{Comparison, Measured, Row};

pub(crate) fn comparison(project: &Project) -> Result<Markup, String> {
    let measured = Measured::of(project)?;
    let python = measured.python.as_ref();
    let python = python.ok_or("no comparison with Python was recorded")?;
    Ok(table(python, &measured.machine.to_string()))
}

fn table(python: &Comparison, machine: &str) -> Markup {
    let mut rows: Vec<&Row> = python.rows.values().collect();
    rows.sort_by(|one, two| times(two).total_cmp(&times(one)));
    html! {
        figure.chart {
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
                        @for row in rows {
                            tr {
                                th scope="row" { (row.what) }
                                td { (amount(row.python.median, &row.unit)) }
                                td { (amount(row.rust.median, &row.unit)) }
                                td { (show(times(row))) }
                            }
                        }
                    }
                }
            }
            figcaption {
                strong { "The same work by Python and by this library." }
                " Medians of runs in turn, with " (python.workers) " workers each. "
                "To start and join a process takes " (show(python.start_per_bare_fork.median))
                " times as long as a bare fork that takes turns with it. "
                span.source {
                    "Measured on " (machine) " with " code { "cargo bench --bench versus_python" } "."
                }
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
            r#"{ "version": "Python 3", "workers": 2,
                "rows": { "apply": { "what": "apply", "unit": "ns",
                    "python": { "median": 150000, "low": 0, "high": 0 },
                    "rust": { "median": 500, "low": 0, "high": 0 } } },
                "start_per_bare_fork": { "median": 1.25, "low": 1, "high": 2 } }"#,
        )
        .unwrap();
        let shown = table(&python, "a machine").into_string();
        let row = "apply</th><td>150 µs</td><td>500 ns</td><td>300</td>";
        assert!(shown.contains(row), "{shown}");
        assert!(shown.contains("1.25 times"), "{shown}");
    }
}
