//! What became of a job's items.

use std::sync::Arc;

use super::source::Source;
use crate::error::Cause;
use crate::pool::shared::table::Output;

pub(in crate::pool) enum Outcome {
    /// The results of `count` items, from index `first` on.
    Results {
        first: usize,
        count: u64,
        /// The number of items for which the worker laid out results.
        offered: u64,
        output: Output,
        /// The worker says that some of the items failed.
        failed: bool,
        source: Arc<Source>,
    },
    /// One item has no result.
    Lost {
        index: usize,
        cause: Cause,
        source: Arc<Source>,
    },
}

impl Outcome {
    /// Whether an item is known to have failed.
    pub(in crate::pool) fn has_failed(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Results { failed: true, .. })
    }

    /// The index of its first item.
    pub(in crate::pool) fn first(&self) -> usize {
        match self {
            Self::Results { first, .. } => *first,
            Self::Lost { index, .. } => *index,
        }
    }

    /// How many items it covers.
    pub(in crate::pool) fn count(&self) -> usize {
        match self {
            Self::Results { count, .. } => *count as usize,
            Self::Lost { .. } => 1,
        }
    }

    /// The size of its results in bytes.
    pub(in crate::pool) fn bytes(&self) -> usize {
        match self {
            Self::Results {
                output: Output::In(block),
                ..
            } => usize::try_from(block.len).unwrap_or(usize::MAX / 2),
            _ => 0,
        }
    }
}

/// Releases the room of the results.
impl Drop for Outcome {
    fn drop(&mut self) {
        if let Self::Results {
            output: Output::In(block),
            source,
            ..
        } = self
        {
            source.release(*block);
        }
    }
}
