//! How workers are made, and the limits on them.

use std::time::Duration;

use crate::child::can_start;
use crate::pool::worker::Initializer;
use crate::start_method::StartMethod;

/// If only tasks have a timeout, initializers get at least this long. Their time counts from the
/// start of the worker, which may have to wait for a CPU.
const LEAST_FOR_INITIALIZERS: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(in crate::pool) struct Settings {
    pub(in crate::pool) start_method: StartMethod,
    /// Makes the state that a worker passes to each task.
    pub(in crate::pool) initializer: Option<Box<dyn Initializer>>,
    pub(in crate::pool) initializer_timeout: Option<Duration>,
    pub(in crate::pool) max_chunks_per_worker: Option<u64>,
    pub(in crate::pool) task_timeout: Option<Duration>,
    pub(in crate::pool) keeps_stdin: bool,
    pub(in crate::pool) kills_programs: bool,
}

impl Settings {
    /// Whether a worker can be started now.
    pub(super) fn can_start(&self) -> bool {
        self.start_method != StartMethod::Fork || can_start()
    }

    /// How long an initializer may run.
    pub(super) fn initializer_limit(&self) -> Option<Duration> {
        let of_tasks = || Some(self.task_timeout?.max(LEAST_FOR_INITIALIZERS));
        self.initializer_timeout.or_else(of_tasks)
    }
}
