//! Bars that lie, so that names have room; each says its own value. They are as wide as there is
//! room, on a telephone too, so lengths are percentages.

use maud::{Markup, html};

use super::data::Chart;
use super::scale::{Kind, Scale, show};

/// The longest bar. The rest is for its value.
const LONGEST: f64 = 75.0;
const NAME: f64 = 24.0;
const BAR: f64 = 22.0;
const GAP: f64 = 14.0;

pub(super) fn draw(chart: &Chart) -> Markup {
    let values = chart.series.iter().flat_map(|series| &series.values);
    let bars: Vec<_> = chart.x.values.iter().zip(values).collect();
    let max = bars
        .iter()
        .filter_map(|(_, value)| **value)
        .fold(0.0, f64::max);
    let scale = Scale::covering(Kind::Linear, 0.0, max, (0.0, LONGEST));
    let each = NAME + BAR + GAP;
    html! {
        svg.bars width="100%" height=(each * bars.len() as f64) role="img" {
            (super::told(chart))
            @for (index, (place, value)) in bars.into_iter().enumerate() {
                @let top = each * index as f64;
                @let y = top + NAME;
                @let length = value.map_or(0.0, |value| scale.place(value));
                text.name x="0" y=(top + 16.0) { (place.text()) }
                line.axis x1="0" y1=(y - 2.0) x2="0" y2=(y + BAR) {}
                rect.fill-1 x="0" y=(y) width=(format!("{length:.1}%")) height=(BAR - 4.0) {}
                text x=(format!("{length:.1}%")) dx="8" y=(y + 14.0) { (label(chart, *value)) }
            }
        }
    }
}

fn label(chart: &Chart, value: Option<f64>) -> String {
    value.map_or("no result".to_owned(), |value| {
        format!("{} {}", show(value), chart.y.unit)
            .trim_end()
            .to_owned()
    })
}
