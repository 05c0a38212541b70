//! What the processes of a program did, and when. It is read from the library's trace and drawn with
//! a lane for each process and a block for each chunk of tasks; a table repeats the times.
//!
//! | file | what it is for |
//! |---|---|
//! | `trace` | the trace of a run |
//! | `draw` | the picture and the table |

mod draw;
mod trace;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

/// A run's processes, in the order in which they started. Times are in microseconds since the
/// first one started.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    pub lanes: Vec<Lane>,
    /// The number of further processes, which are not drawn.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    pub name: String,
    pub from: u64,
    pub to: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
}

/// One chunk of tasks, or several that are too short to be drawn separately.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64, u64)", into = "(u64, u64, u64, u64)")]
pub struct Block {
    pub from: u64,
    pub to: u64,
    pub chunks: u64,
    pub items: u64,
}

impl From<(u64, u64, u64, u64)> for Block {
    fn from((from, to, chunks, items): (u64, u64, u64, u64)) -> Self {
        Self {
            from,
            to,
            chunks,
            items,
        }
    }
}

impl From<Block> for (u64, u64, u64, u64) {
    fn from(block: Block) -> Self {
        (block.from, block.to, block.chunks, block.items)
    }
}

impl Timeline {
    /// As HTML, for the page below its run.
    pub(crate) fn of_this_run(&self) -> String {
        self.figure(&html! { "This run, on this machine." })
            .into_string()
    }

    /// `source` says where it comes from.
    pub(crate) fn figure(&self, source: &Markup) -> Markup {
        draw::figure(self, source)
    }

    fn end(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.to).max().unwrap_or(0)
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// `1.25 ms`
pub(crate) fn duration(microseconds: u64) -> String {
    let unit = Unit::for_up_to(microseconds);
    format!("{} {}", unit.show(microseconds), unit.name)
}

/// The unit of a time.
#[derive(Debug, Clone, Copy)]
struct Unit {
    name: &'static str,
    microseconds: f64,
}

impl Unit {
    fn for_up_to(microseconds: u64) -> Self {
        let (name, microseconds) = match microseconds {
            0..1000 => ("µs", 1.0),
            1000..1_000_000 => ("ms", 1e3),
            _ => ("s", 1e6),
        };
        Self { name, microseconds }
    }

    fn of(self, microseconds: u64) -> f64 {
        microseconds as f64 / self.microseconds
    }

    fn show(self, microseconds: u64) -> String {
        crate::figure::chart::show(self.of(microseconds))
    }
}
