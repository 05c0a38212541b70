//! Bars that lie, so that names have room; each says its own value.

use maud::{Markup, html};

use super::data::Chart;
use super::scale::{Kind, Scale, show};

const WIDTH: f64 = 640.0;
/// Room at the right for the value, and for the series' name where there are several.
const LABEL: f64 = 170.0;
const NAME: f64 = 24.0;
const BAR: f64 = 22.0;
const GAP: f64 = 14.0;

pub(super) fn draw(chart: &Chart) -> Markup {
    let all = chart
        .series
        .iter()
        .flat_map(|series| series.values.iter().flatten());
    let max = all.copied().fold(0.0, f64::max);
    let scale = Scale::covering(Kind::Linear, 0.0, max, (0.0, WIDTH - LABEL));
    let group = NAME + BAR * chart.series.len() as f64 + GAP;
    let height = group * chart.x.values.len() as f64;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" {
            (super::told(chart))
            @for (index, place) in chart.x.values.iter().enumerate() {
                @let top = group * index as f64;
                text.name x="0" y=(top + 16.0) { (place.text()) }
                line.axis x1="0" y1=(top + NAME - 2.0) x2="0" y2=(top + group - GAP) {}
                @for (number, series) in chart.series.iter().enumerate() {
                    @let y = top + NAME + BAR * number as f64;
                    @let length = series.values[index].map_or(0.0, |value| scale.place(value));
                    rect class={ "fill-" (number + 1) } x="0" y=(y) width=(format!("{length:.1}")) height=(BAR - 4.0) {}
                    text x=(format!("{:.1}", length + 8.0)) y=(y + 14.0) {
                        (label(chart, number, series.values[index]))
                    }
                }
            }
        }
    }
}

fn label(chart: &Chart, number: usize, value: Option<f64>) -> String {
    let value = value.map_or("no result".to_owned(), |value| {
        format!("{} {}", show(value), chart.y.unit)
            .trim_end()
            .to_owned()
    });
    match chart.series.len() {
        1 => value,
        _ => format!("{value} · {}", chart.series[number].name),
    }
}
