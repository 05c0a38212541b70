//! Horizontal bars, so that names have room; each shows its value. Lengths are percentages, so that
//! bars fit any screen. The reader's own bar is hollow and below the recorded one.

use maud::{Markup, html};

use super::data::{Chart, Place};
use super::scale::{Kind, Scale};
use crate::measured::Spread;

/// The longest bar, in percent. The rest is for its value.
const LONGEST: f64 = 75.0;
/// Values that say whose they are need more room.
const LONGEST_WITH_OWN: f64 = 35.0;
const NAME: f64 = 24.0;
const BAR: f64 = 22.0;
const GAP: f64 = 14.0;

/// One place with its bars.
struct Row<'c> {
    top: f64,
    place: &'c Place,
    recorded: Option<Spread>,
    own: Option<Spread>,
}

pub(super) fn draw(chart: &Chart) -> Markup {
    let (rows, height) = rows(chart);
    let longest = match chart.own {
        Some(_) => LONGEST_WITH_OWN,
        None => LONGEST,
    };
    let max = chart.values().fold(0.0, f64::max);
    let scale = Scale::covering(Kind::Linear, 0.0, max, (0.0, longest));
    html! {
        svg.bars width="100%" height=(height) role="img" {
            (super::told(chart))
            @for row in rows {
                @let y = row.top + NAME;
                @let bars = f64::from(1 + u8::from(row.own.is_some()));
                text.name x="0" y=(row.top + 16.0) { (row.place.text()) }
                line.axis x1="0" y1=(y - 2.0) x2="0" y2=(y + BAR * bars) {}
                @if let Some(figure) = row.recorded { (bar(chart, &scale, figure, y, Whose::Recorded)) }
                @if let Some(figure) = row.own { (bar(chart, &scale, figure, y + BAR, Whose::Own)) }
            }
        }
    }
}

fn rows(chart: &Chart) -> (Vec<Row<'_>>, f64) {
    let mut top = 0.0;
    let mut rows = Vec::new();
    let figures = chart
        .series
        .iter()
        .flat_map(|series| series.recorded.iter().zip(&series.own));
    for (place, (recorded, own)) in chart.x.values.iter().zip(figures) {
        let (recorded, own) = (*recorded, *own);
        rows.push(Row {
            top,
            place,
            recorded,
            own,
        });
        top += NAME + BAR + GAP + if own.is_some() { BAR } else { 0.0 };
    }
    (rows, top)
}

#[derive(PartialEq)]
enum Whose {
    Recorded,
    Own,
}

fn bar(chart: &Chart, scale: &Scale, figure: Spread, y: f64, whose: Whose) -> Markup {
    let percent = |value: f64| format!("{:.1}%", scale.place(value));
    let [low, high] = figure.reach();
    let end = percent(high.max(figure.median));
    let middle = y + (BAR - 4.0) / 2.0;
    html! {
        rect class=(if whose == Whose::Own { "fill-1 own" } else { "fill-1" })
            x="0" y=(y) width=(percent(figure.median)) height=(BAR - 4.0) {}
        @if figure.is_noisy() {
            line.whisker x1=(percent(low)) y1=(middle) x2=(percent(high)) y2=(middle) {}
            @for at in [low, high] {
                line.whisker x1=(percent(at)) y1=(middle - 5.0) x2=(percent(at)) y2=(middle + 5.0) {}
            }
        }
        text x=(end) dx="8" y=(y + 14.0) {
            @if whose == Whose::Own { "yours " }
            (super::with_unit_after(chart, figure.median))
            @if whose == Whose::Own && figure.is_noisy() { ", noisy" }
        }
    }
}
