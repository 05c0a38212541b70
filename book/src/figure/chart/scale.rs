//! Maps values to positions, and chooses the ticks.

use serde::Deserialize;

#[derive(Deserialize, Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Linear,
    Log,
}

/// Maps a range of values to a range of pixels.
#[derive(Debug)]
pub(crate) struct Scale {
    kind: Kind,
    values: (f64, f64),
    pixels: (f64, f64),
}

impl Scale {
    /// Covers `0..=max`, or the decades around `min..=max` on a logarithmic scale.
    pub(crate) fn covering(kind: Kind, min: f64, max: f64, pixels: (f64, f64)) -> Self {
        let values = match kind {
            Kind::Linear => (0.0, if max > 0.0 { max } else { 1.0 }),
            Kind::Log => (below(min), above(max).max(above(min) * 2.0)),
        };
        Self {
            kind,
            values,
            pixels,
        }
    }

    pub(crate) fn place(&self, value: f64) -> f64 {
        let (from, to) = (self.warp(self.values.0), self.warp(self.values.1));
        let part = (self.warp(value) - from) / (to - from);
        self.pixels.0 + part * (self.pixels.1 - self.pixels.0)
    }

    fn warp(&self, value: f64) -> f64 {
        match self.kind {
            Kind::Linear => value,
            Kind::Log => value.log10(),
        }
    }

    pub(crate) fn ticks(&self) -> Vec<f64> {
        let (from, to) = self.values;
        match self.kind {
            Kind::Linear => {
                let step = round_step(to / 5.0);
                (0..)
                    .map(|n| f64::from(n) * step)
                    .take_while(|tick| *tick <= to * 1.001)
                    .collect()
            }
            Kind::Log => {
                let decades = (to / from).log10();
                let steps: &[f64] = if decades > 2.5 {
                    &[1.0]
                } else {
                    &[1.0, 2.0, 5.0]
                };
                let every = (decades / 6.0).ceil().max(1.0);
                let starts = (0..).map(|n| decade(from) * 10_f64.powf(f64::from(n) * every));
                let ticks = starts.take_while(|start| *start <= to * 1.001);
                let ticks = ticks.flat_map(|start| steps.iter().map(move |step| start * step));
                ticks
                    .filter(|tick| *tick >= from * 0.999 && *tick <= to * 1.001)
                    .collect()
            }
        }
    }
}

fn decade(value: f64) -> f64 {
    10_f64.powf(value.log10().floor())
}

/// The largest of …, 1, 2, 5, 10, … that is at most `value`.
fn below(value: f64) -> f64 {
    let start = decade(value);
    [5.0, 2.0]
        .map(|step| start * step)
        .into_iter()
        .find(|step| *step <= value)
        .unwrap_or(start)
}

/// The smallest of …, 1, 2, 5, 10, … that is at least `value`.
fn above(value: f64) -> f64 {
    let start = decade(value);
    [1.0, 2.0, 5.0]
        .map(|step| start * step)
        .into_iter()
        .find(|step| *step >= value)
        .unwrap_or(start * 10.0)
}

fn round_step(value: f64) -> f64 {
    above(value)
}

/// Three significant digits, but whole numbers in full: `0.0213`, `42`, `1 250`.
pub(crate) fn show(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 9.0);
    let text = format!("{value:.*}", digits as usize);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let groups: Vec<_> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    // A narrow non-breaking space.
    format!("{}{rest}", groups.join("\u{202f}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_land_where_they_belong() {
        let linear = Scale::covering(Kind::Linear, 0.0, 50.0, (0.0, 100.0));
        assert_eq!(linear.place(25.0), 50.0);
        assert_eq!(linear.ticks(), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        let log = Scale::covering(Kind::Log, 1.0, 100.0, (0.0, 100.0));
        assert_eq!(log.place(10.0), 50.0);
        assert_eq!(log.ticks(), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
    }

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        let shown = [0.0, 0.02134, 42.0, 5.5, 1250.4, 1_234_567.0].map(show);
        assert_eq!(
            shown,
            [
                "0",
                "0.0213",
                "42",
                "5.5",
                "1\u{202f}250",
                "1\u{202f}234\u{202f}567"
            ]
        );
    }
}
