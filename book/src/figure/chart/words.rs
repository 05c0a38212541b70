//! The words of a chart: for screen readers, in the legend, and below the picture.

use maud::{Markup, html};

use super::data::{Chart, Origin, Shape};
use super::scale::show;

/// The picture's `<title>` and `<desc>`, for screen readers.
pub(super) fn told(chart: &Chart) -> Markup {
    html! {
        title { (chart.title) }
        desc {
            (chart.description)
            @if chart.own.is_some() { " Your own figures: " (own_figures(chart)) "." }
            " The figures follow as a table."
        }
    }
}

fn own_figures(chart: &Chart) -> String {
    let mut told = Vec::new();
    for series in &chart.series {
        let places = chart.x.values.iter().zip(&series.own);
        let figures = places.filter_map(|(place, figure)| {
            let figure = (*figure)?;
            let noisy = if figure.is_noisy() { ", noisy" } else { "" };
            let value = with_unit_after(chart, figure.median);
            Some(format!("{} {value}{noisy}", place.text()))
        });
        let figures = figures.collect::<Vec<_>>().join("; ");
        match chart.kind {
            _ if figures.is_empty() => {}
            Shape::Bar => told.push(figures),
            Shape::Line => told.push(format!("{}: {figures}", series.name)),
        }
    }
    told.join(". ")
}

/// `42 µs`
pub(super) fn with_unit_after(chart: &Chart, value: f64) -> String {
    let text = format!("{} {}", show(value), chart.y.unit);
    text.trim_end().to_owned()
}

/// The legend for recorded and own marks.
pub(super) fn key(kind: Shape) -> Markup {
    html! {
        ul.key aria-hidden="true" {
            @for (whose, class) in [("recorded", "fill-1"), ("yours", "fill-1 own")] {
                li {
                    svg viewBox="0 0 24 16" {
                        @match kind {
                            Shape::Bar => rect class=(class) x="1" y="2" width="22" height="12" {},
                            Shape::Line => circle class=(class) cx="12" cy="8" r="5" {},
                        }
                    }
                    (whose)
                }
            }
        }
    }
}

pub(super) fn own(chart: &Chart, own: &Origin) -> Markup {
    let (count, noisy) = chart.own_and_noisy();
    html! {
        " " span.own { "Yours: " (own.machine) "." (notes(own.short, noisy, count)) }
    }
}

/// Warnings about `count` figures of the reader, of which `noisy` are noisy.
pub(crate) fn notes(short: bool, noisy: usize, count: usize) -> Markup {
    let few = match (noisy, count) {
        (1, 1) => "It is".to_owned(),
        (noisy, count) if noisy == count => format!("All {count} are"),
        (1, count) => format!("One of {count} is"),
        (noisy, count) => format!("{noisy} of {count} are"),
    };
    html! {
        @if short { " A short run, so they are rough." }
        @if noisy > 0 {
            " " (few) " noisy: the 95 % interval is wider than a fifth of the median."
        }
    }
}
