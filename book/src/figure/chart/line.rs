//! Lines over a grid. Each series has its own mark and dash, and its name at its end; on a narrow
//! screen, a legend below has the names instead. The reader's own figures have thin lines and hollow
//! marks.

use maud::{Markup, html};

use super::data::{Chart, Place, with_unit};
use super::scale::{Kind, Scale, show};
use crate::measured::Spread;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 68.0;
const RIGHT: f64 = WIDTH - 130.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = HEIGHT - 52.0;
/// The width of a digit at the axis, even on a small screen.
const DIGIT: f64 = 11.0;
/// The least distance between names, so that they do not overlap.
const NAME_GAP: f64 = 18.0;

pub(super) fn draw(chart: &Chart) -> Result<Markup, String> {
    let xs = numbers(&chart.x.values)?;
    let x = scale(chart.x.scale, xs.iter().copied(), (LEFT, RIGHT))?;
    let y = scale(chart.y.scale, chart.values(), (BOTTOM, TOP))?;
    Ok(html! {
        svg.lines viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" {
            (super::told(chart))
            (grid(chart, &xs, &x, &y))
            @for (index, series) in chart.series.iter().enumerate() {
                (line(index, &xs, &series.recorded, (&x, &y), ""))
            }
            @for (index, series) in chart.series.iter().enumerate() {
                (line(index, &xs, &series.own, (&x, &y), " own"))
            }
            @for (index, at) in name_places(chart, &y) {
                text class={ "name ink-" (index + 1) } x=(RIGHT + 12.0) y=(at + 5.0) { (chart.series[index].name) }
            }
        }
        ul.legend aria-hidden="true" {
            @for (index, series) in chart.series.iter().enumerate() {
                li {
                    svg viewBox="0 0 40 16" {
                        path class={ "stroke-" (index + 1) } d="M0 8H40" {}
                        (mark(index, 20.0, 8.0, ""))
                    }
                    (series.name)
                }
            }
        }
    })
}

fn numbers(places: &[Place]) -> Result<Vec<f64>, String> {
    let number = |place: &Place| match place {
        Place::Number(number) | Place::Bytes(number) => Ok(*number),
        Place::Name(name) => Err(format!("a line needs numbers on its x axis, not `{name}`")),
    };
    places.iter().map(number).collect()
}

fn scale(
    kind: Kind,
    values: impl Iterator<Item = f64>,
    pixels: (f64, f64),
) -> Result<Scale, String> {
    let (min, max) = values.fold((f64::MAX, 0.0_f64), |(min, max), v| {
        (min.min(v), max.max(v))
    });
    if kind == Kind::Log && min <= 0.0 {
        return Err("a logarithmic scale has no place for 0".to_owned());
    }
    Ok(Scale::covering(kind, min, max, pixels))
}

fn grid(chart: &Chart, xs: &[f64], x: &Scale, y: &Scale) -> Markup {
    let places = chart.x.values.iter().map(Place::text);
    let mut ticks: Vec<(f64, String)> = xs.iter().map(|at| x.place(*at)).zip(places).collect();
    // From the right, so that the last place always has a label.
    let mut free = f64::MAX;
    ticks.reverse();
    ticks.retain(|(at, text)| {
        let room = text.chars().count() as f64 * DIGIT;
        let is_free = at + room / 2.0 < free;
        free = if is_free {
            at - room / 2.0 - DIGIT
        } else {
            free
        };
        is_free
    });
    html! {
        @for tick in y.ticks() {
            line.grid x1=(LEFT) y1=(px(y.place(tick))) x2=(RIGHT) y2=(px(y.place(tick))) {}
            text.tick text-anchor="end" x=(LEFT - 8.0) y=(px(y.place(tick) + 5.0)) { (show(tick)) }
        }
        @for (tick, text) in ticks {
            text.tick text-anchor="middle" x=(px(tick)) y=(BOTTOM + 20.0) { (text) }
        }
        line.axis x1=(LEFT) y1=(BOTTOM) x2=(RIGHT) y2=(BOTTOM) {}
        text.tick x="0" y="16" { (with_unit(&chart.y.label, &chart.y.unit)) }
        text.tick text-anchor="middle" x=((LEFT + RIGHT) / 2.0) y=(HEIGHT - 8.0) {
            (chart.x.label)
        }
    }
}

/// A line with a mark at each figure, and a whisker at each noisy one.
fn line(
    index: usize,
    xs: &[f64],
    figures: &[Option<Spread>],
    (x, y): (&Scale, &Scale),
    own: &str,
) -> Markup {
    let both = xs.iter().zip(figures);
    let points: Vec<_> = both
        .filter_map(|(at, figure)| Some((x.place(*at), (*figure)?)))
        .collect();
    let mut path = String::new();
    for (x, figure) in &points {
        let step = if path.is_empty() { 'M' } else { 'L' };
        path.push_str(&format!("{step}{x:.1} {:.1}", y.place(figure.median)));
    }
    html! {
        @if points.len() > 1 { path class={ "stroke-" (index + 1) (own) } d=(path) {} }
        @for (x, figure) in points {
            @if figure.is_noisy() { (whisker(index, x, figure.reach().map(|end| y.place(end)))) }
            (mark(index, x, y.place(figure.median), own))
        }
    }
}

fn whisker(index: usize, x: f64, [low, high]: [f64; 2]) -> Markup {
    let end = |y: f64| format!("M{:.1} {y:.1}h8", x - 4.0);
    html! {
        path class={ "whisker ink-" (index + 1) } d={ "M" (px(x)) " " (px(low)) "V" (px(high)) (end(low)) (end(high)) } {}
    }
}

fn mark(series: usize, x: f64, y: f64, own: &str) -> Markup {
    let class = format!("fill-{}{own}", series + 1);
    let corners: &[(f64, f64)] = match series {
        0 => return html! { circle class=(class) cx=(px(x)) cy=(px(y)) r="5" {} },
        1 => &[(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)],
        2 => &[(0.0, -6.0), (6.0, 5.0), (-6.0, 5.0)],
        _ => &[(0.0, -6.5), (6.5, 0.0), (0.0, 6.5), (-6.5, 0.0)],
    };
    let corner = |(dx, dy): &(f64, f64)| format!("{:.1},{:.1}", x + dx, y + dy);
    let corners: Vec<String> = corners.iter().map(corner).collect();
    html! { polygon class=(class) points=(corners.join(" ")) {} }
}

/// The position of each series' name: at the height of its last value, or a little lower.
fn name_places(chart: &Chart, y: &Scale) -> Vec<(usize, f64)> {
    let ends = chart
        .series
        .iter()
        .enumerate()
        .filter_map(|(index, series)| {
            let both = series.recorded.iter().zip(&series.own);
            let last = both.rev().find_map(|(recorded, own)| recorded.or(*own))?;
            Some((index, y.place(last.median)))
        });
    let mut places: Vec<(usize, f64)> = ends.collect();
    places.sort_by(|one, two| one.1.total_cmp(&two.1));
    for index in 1..places.len() {
        places[index].1 = places[index].1.max(places[index - 1].1 + NAME_GAP);
    }
    places
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}
