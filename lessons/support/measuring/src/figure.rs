//! A figure: the median of several measurements, and how far they spread.

use std::fmt;
use std::time::Instant;

/// The median of some measurements, and their spread: half of them lie within it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub median: f64,
    pub spread: f64,
}

/// Runs `f` several times. The figure is how long it took, in seconds.
///
/// # Errors
/// The first error of `f`.
pub fn measure<E>(runs: usize, mut f: impl FnMut() -> Result<(), E>) -> Result<Figure, E> {
    let mut seconds = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        f()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(Figure::of(seconds))
}

impl Figure {
    /// # Panics
    /// If there are no measurements.
    pub fn of(measurements: Vec<f64>) -> Self {
        let median = middle(measurements.clone());
        let distances = measurements.iter().map(|m| (m - median).abs());
        Self {
            median,
            spread: middle(distances.collect()),
        }
    }

    /// How many times as long `self` is as `other`.
    pub fn over(self, other: Self) -> Self {
        let median = self.median / other.median;
        Self {
            median,
            spread: median * (self.spread / self.median + other.spread / other.median),
        }
    }

    /// The figure for one of `count` things that were measured together.
    pub fn per(self, count: usize) -> Self {
        Self {
            median: self.median / count as f64,
            spread: self.spread / count as f64,
        }
    }

    /// As a time: `1.93 ± 0.02 ms`.
    pub fn time(self) -> impl fmt::Display {
        let (unit, factor) = match self.median {
            m if m < 1e-6 => ("ns", 1e9),
            m if m < 1e-3 => ("µs", 1e6),
            m if m < 1.0 => ("ms", 1e3),
            _ => ("s", 1.0),
        };
        self.with_unit(factor, unit)
    }

    /// As a factor: `1.93 ± 0.02 ×`.
    pub fn factor(self) -> impl fmt::Display {
        self.with_unit(1.0, "×")
    }

    fn with_unit(self, factor: f64, unit: &str) -> String {
        let (median, spread) = (self.median * factor, self.spread * factor);
        let decimals = match median {
            m if m < 10.0 => 2,
            m if m < 100.0 => 1,
            _ => 0,
        };
        format!("{median:.decimals$} ± {spread:.decimals$} {unit}")
    }
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let upper = numbers.len() / 2;
    match numbers.len() % 2 {
        0 => f64::midpoint(numbers[upper - 1], numbers[upper]),
        _ => numbers[upper],
    }
}
