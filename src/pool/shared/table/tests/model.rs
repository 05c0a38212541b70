//! The scenarios, and what the explorer's parent and workers remember.

use super::parent::Parent;
use super::worker::Task;
use crate::pool::shared::table::Size;
use crate::pool::shared::table::items::Chunk;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Result,
    Lost,
    /// It is no longer wanted.
    Withdrawn,
}

/// What the actors remember between the steps that are logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Locals {
    pub(super) parent: Parent,
    pub(super) tasks: Vec<Option<Task>>,
}

/// A scenario to explore.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) workers: usize,
    pub(super) chunks: &'static [u64],
    pub(super) kills: usize,
    /// At most this many chunks are offered at a time.
    pub(super) room: usize,
    /// The parent wants to be woken by the last chunk only.
    pub(super) is_patient: bool,
    /// The chunks are cancelled as soon as they are offered.
    pub(super) is_cancelled: bool,
    /// Workers that die are replaced.
    pub(super) has_replacements: bool,
    /// The parent times out whatever item it sees running, once.
    pub(super) is_timed: bool,
    /// Idle workers sleep as in a real pool. Otherwise they simply go on as soon as there is
    /// something to do.
    pub(super) sleeps: bool,
    /// At first, one worker spins and the others sleep, and the parent wakes workers for each chunk
    /// separately.
    pub(super) starts_idle: bool,
    /// No item from this one on ends before all have begun.
    pub(super) needs_all: Option<u64>,
    /// Workers take one item of a chunk at a time, and the parent steals what it can for idle ones.
    pub(super) shares: bool,
    /// Workers give back what they have not taken together with the first item.
    pub(super) gives_back: bool,
    /// Stores wait in buffers.
    pub(super) is_buffered: bool,
    /// The most switches away from an actor that could go on, unless all are asked for.
    pub(super) switches: usize,
}

impl Scenario {
    pub(super) fn items(&self) -> u64 {
        self.chunks.iter().sum()
    }

    pub(super) fn size(&self, chunk: Chunk) -> Size {
        Size {
            count: chunk.count,
            portion: if self.shares { 1 } else { chunk.count },
        }
    }
}
