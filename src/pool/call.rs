//! One call of the pool, typed: items become chunks for the engine, and outcomes become results.

mod chunking;
mod feeder;
mod function;
mod job;
mod reorder;
mod results;
mod sink;

pub(super) use chunking::Chunking;
pub(super) use feeder::Feeder;
pub(super) use function::TaskFunction;
pub(super) use job::Job;
pub(super) use reorder::ReorderBuffer;
pub(super) use sink::{FirstFailure, Sink};
