//! The end of a pool.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Engine, WaitFor};
use crate::error::Error;

impl Engine {
    /// Lets the workers finish what was submitted and leave. Later calls are refused.
    pub(in crate::pool) fn close(&mut self) -> Result<(), Error> {
        while !self.is_closed && self.has_open_chunks() {
            let more_to_come = false;
            self.wait(WaitFor::All { more_to_come }, None)?;
        }
        self.is_closed = true;
        self.table.close();
        self.workers.wait_for_all(Duration::from_secs(1));
        self.workers.kill_all();
        Ok(())
    }

    pub(super) fn has_open_chunks(&self) -> bool {
        !self.in_flight.is_empty() || !self.backlog.is_empty()
    }

    /// Ends the workers: they get SIGTERM, and any left after `grace` get SIGKILL. Workers that
    /// handle SIGTERM leave by themselves when their chunk is done.
    pub(in crate::pool) fn terminate(&mut self, grace: Duration) {
        self.is_closed = true;
        // In this order, so that the signal ends workers that do not handle it.
        self.workers.signal_all(Signal::SIGTERM);
        self.table.close();
        self.workers.wait_for_all(grace);
        self.gather();
        self.workers.kill_all();
    }
}
