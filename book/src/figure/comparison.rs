//! The comparison with Python: `{{#comparison}}` shows a table of the recorded rows and, if there are
//! any, the reader's own.

use std::iter;

use maud::{Markup, html};

use super::chart::{notes, show};
use crate::measured::{Comparison, Measured, Row, Spread};
use crate::project::Project;

pub(crate) fn comparison(project: &Project, own: Option<&Measured>) -> Result<Markup, String> {
    let measured = Measured::of(project)?;
    let python = measured.python.as_ref();
    let python = python.ok_or("no comparison with Python was recorded")?;
    Ok(table(python, own.and_then(|own| own.python.as_ref())))
}

fn table<'a>(python: &Comparison, own: Option<&'a Comparison>) -> Markup {
    let mut rows: Vec<(&String, &Row)> = python.rows.iter().collect();
    rows.sort_by(|one, two| times(&two.1.python, two.1).total_cmp(&times(&one.1.python, one.1)));
    // A row that was renamed since is left out.
    let of_own = |name: &String| -> Option<&'a Row> { own.and_then(|own| own.rows.get(name)) };
    let forks = own.is_some_and(|own| own.python.start_method == "fork");
    let own_by_fork = |row: &'a Row| match forks {
        true => Some(&row.python),
        false => row.python_by_fork.as_ref(),
    };
    html! {
        figure.chart data-figure="comparison" {
            div.table-wrapper {
                table {
                    thead {
                        tr {
                            th scope="col" { "What" }
                            th scope="col" { (python.python.version) }
                            th scope="col" { "This library" }
                            th scope="col" { "Times less" }
                        }
                    }
                    tbody {
                        @for (name, row) in rows {
                            @let own = of_own(name);
                            (line(&row.what, &row.python, row, own.map(|own| (&own.python, own))))
                            @if let Some(by_fork) = &row.python_by_fork {
                                @let own = own.and_then(|row| Some((own_by_fork(row)?, row)));
                                (line("the same, in Python with fork", by_fork, row, own))
                            }
                        }
                    }
                }
            }
            figcaption {
                strong { "The same work by Python and by this library." }
                " Medians of runs in turn, with " (python.workers) " workers each. "
                "Python starts its processes with its default, " code { (python.python.start_method) }
                @if python.rows.values().any(|row| row.python_by_fork.is_some()) {
                    ", unless the row says otherwise"
                }
                ". "
                @if let Some(start) = &python.start_per_bare_fork {
                    "Starting and joining a process takes " (show(start.median))
                    " times as long as a bare fork measured in turn with it. "
                }
                span.source {
                    "Measured on " (python.machine) " with " code { "cargo bench --bench versus_python" } "."
                }
                @if let Some(own) = own { (source(own)) }
            }
        }
    }
}

/// A row of the table: Python with one of its start methods, beside this library.
fn line(what: &str, python: &Spread, row: &Row, own: Option<(&Spread, &Row)>) -> Markup {
    let yours = |figure: &dyn Fn(&Spread, &Row) -> String| {
        html! {
            @if let Some((python, row)) = own { " " span.own { "yours " (figure(python, row)) } }
        }
    };
    html! {
        tr {
            th scope="row" { (what) }
            td { (amount(python.median, &row.unit)) (yours(&of_side)) }
            td { (amount(row.rust.median, &row.unit)) (yours(&|_, row| of_side(&row.rust, row))) }
            td { (show(times(python, row))) (yours(&|python, row| show(times(python, row)))) }
        }
    }
}

fn of_side(side: &Spread, row: &Row) -> String {
    let noisy = if side.is_noisy() { ", noisy" } else { "" };
    format!("{}{noisy}", amount(side.median, &row.unit))
}

fn source(own: &Comparison) -> Markup {
    let sides = own.rows.values().flat_map(|row| {
        let python = iter::once(&row.python).chain(&row.python_by_fork);
        python.chain(iter::once(&row.rust))
    });
    let noisy = sides.clone().filter(|side| side.is_noisy()).count();
    html! {
        " " span.own {
            "Yours: " (own.python) ", " (own.machine) "." (notes(own.short, noisy, sides.count()))
            @if let Some(start) = &own.start_per_bare_fork {
                " Your process takes " (show(start.median)) " times as long as a bare fork."
            }
        }
    }
}

fn times(python: &Spread, row: &Row) -> f64 {
    python.median / row.rust.median
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

    const BY_FORK: &str = r#", "python_by_fork": { "median": 5000, "low": 5000, "high": 5000 }"#;

    fn comparison_of(start_method: &str, by_fork: &str) -> Comparison {
        let text = format!(
            r#"{{ "machine": {{ "cpu": "A", "cores": 2, "kernel": "Linux 6", "compiler": "rustc 1", "date": "2026-11-22" }},
                "version": "Python 3", "start_method": "{start_method}", "workers": 2,
                "rows": {{ "apply": {{ "what": "apply", "unit": "ns",
                    "python": {{ "median": 150000, "low": 150000, "high": 150000 }}{by_fork},
                    "rust": {{ "median": 500, "low": 500, "high": 500 }} }} }},
                "start_per_bare_fork": {{ "median": 1.25, "low": 1.25, "high": 1.25 }} }}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_row_has_units_that_can_be_read_and_says_how_many_times() {
        let python = comparison_of("forkserver", BY_FORK);
        let shown = table(&python, None).into_string();
        let row = "apply</th><td>150 µs</td><td>500 ns</td><td>300</td>";
        assert!(shown.contains(row), "{shown}");
        let by_fork = "with fork</th><td>5 µs</td><td>500 ns</td><td>10</td>";
        assert!(shown.contains(by_fork), "{shown}");
        assert!(shown.contains("<code>forkserver</code>"), "{shown}");
        assert!(shown.contains("1.25 times"), "{shown}");
    }

    #[test]
    fn the_readers_python_stands_beside_the_recorded_one_by_the_same_start_method() {
        let recorded = comparison_of("forkserver", BY_FORK);
        let row = |own: &Comparison, what: &str| {
            let shown = table(&recorded, Some(own)).into_string();
            shown
                .split(what)
                .nth(1)
                .unwrap()
                .split("</tr>")
                .next()
                .unwrap()
                .to_owned()
        };
        let by_fork = "with fork</th>";
        assert!(row(&recorded, by_fork).contains("yours 5 µs"));
        assert!(row(&comparison_of("fork", ""), by_fork).contains("yours 150 µs"));
        assert!(!row(&comparison_of("forkserver", ""), by_fork).contains("yours"));
    }
}
