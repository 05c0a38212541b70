//! Lines over a grid; each series has its own mark and dash and its name at the end. On a narrow
//! screen, where the ends have no room for names, a legend below has them.

use maud::{Markup, html};

use super::data::{Chart, Place, Series, with_unit};
use super::scale::{Kind, Scale, show};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 68.0;
const RIGHT: f64 = WIDTH - 130.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = HEIGHT - 52.0;
/// Names at the line ends keep this distance, so that none covers another.
const NAME_GAP: f64 = 18.0;

pub(super) fn draw(chart: &Chart) -> Result<Markup, String> {
    let xs = numbers(&chart.x.values)?;
    let x = scale(chart.x.scale, xs.iter().copied(), (LEFT, RIGHT))?;
    let values = chart
        .series
        .iter()
        .flat_map(|series| series.values.iter().flatten().copied());
    let y = scale(chart.y.scale, values, (BOTTOM, TOP))?;
    Ok(html! {
        svg.lines viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" {
            (super::told(chart))
            (grid(chart, &xs, &x, &y))
            @for (index, series) in chart.series.iter().enumerate() {
                @let points = points(&xs, series, &x, &y);
                path class={ "stroke-" (index + 1) } d=(path(&points)) {}
                @for (px, py) in points.iter().flatten() { (mark(index, *px, *py)) }
            }
            @for (index, at) in name_places(chart, &xs, &x, &y) {
                text class={ "name ink-" (index + 1) } x=(RIGHT + 12.0) y=(at + 5.0) { (chart.series[index].name) }
            }
        }
        ul.legend aria-hidden="true" {
            @for (index, series) in chart.series.iter().enumerate() {
                li {
                    svg viewBox="0 0 40 16" {
                        path class={ "stroke-" (index + 1) } d="M0 8H40" {}
                        (mark(index, 20.0, 8.0))
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
    let ticks: Vec<(f64, String)> = if xs.len() <= 8 {
        let texts = chart.x.values.iter().map(Place::text);
        xs.iter().copied().zip(texts).collect()
    } else {
        let ticks = x.ticks().into_iter();
        ticks.map(|tick| (tick, show(tick))).collect()
    };
    html! {
        @for tick in y.ticks() {
            line.grid x1=(LEFT) y1=(px(y.place(tick))) x2=(RIGHT) y2=(px(y.place(tick))) {}
            text.tick text-anchor="end" x=(LEFT - 8.0) y=(px(y.place(tick) + 5.0)) { (show(tick)) }
        }
        @for (tick, text) in ticks {
            text.tick text-anchor="middle" x=(px(x.place(tick))) y=(BOTTOM + 20.0) { (text) }
        }
        line.axis x1=(LEFT) y1=(BOTTOM) x2=(RIGHT) y2=(BOTTOM) {}
        text.tick x="0" y="16" { (with_unit(&chart.y.label, &chart.y.unit)) }
        text.tick text-anchor="middle" x=((LEFT + RIGHT) / 2.0) y=(HEIGHT - 8.0) {
            (chart.x.label)
        }
    }
}

fn points(xs: &[f64], series: &Series, x: &Scale, y: &Scale) -> Vec<Option<(f64, f64)>> {
    let both = xs.iter().zip(&series.values);
    both.map(|(at, value)| value.map(|value| (x.place(*at), y.place(value))))
        .collect()
}

/// A value that is missing leaves a gap.
fn path(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for point in points {
        if let Some((x, y)) = point {
            let step = if pen_down { 'L' } else { 'M' };
            path.push_str(&format!("{step}{x:.1} {y:.1}"));
        }
        pen_down = point.is_some();
    }
    path
}

fn mark(series: usize, x: f64, y: f64) -> Markup {
    let corners: &[(f64, f64)] = match series {
        0 => return html! { circle.fill-1 cx=(px(x)) cy=(px(y)) r="5" {} },
        1 => &[(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)],
        2 => &[(0.0, -6.0), (6.0, 5.0), (-6.0, 5.0)],
        _ => &[(0.0, -6.5), (6.5, 0.0), (0.0, 6.5), (-6.5, 0.0)],
    };
    let corner = |(dx, dy): &(f64, f64)| format!("{:.1},{:.1}", x + dx, y + dy);
    let corners: Vec<String> = corners.iter().map(corner).collect();
    html! { polygon class={ "fill-" (series + 1) } points=(corners.join(" ")) {} }
}

/// Where each series' name goes: at the height of its last value, or a little lower.
fn name_places(chart: &Chart, xs: &[f64], x: &Scale, y: &Scale) -> Vec<(usize, f64)> {
    let ends = chart
        .series
        .iter()
        .enumerate()
        .filter_map(|(index, series)| {
            let last = points(xs, series, x, y).into_iter().flatten().last()?;
            Some((index, last.1))
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
