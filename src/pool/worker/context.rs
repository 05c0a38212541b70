//! What a worker is given when it starts.

use crate::pool::shared::functions::Functions;
use crate::pool::shared::table::Table;
use crate::sys::descriptor::Descriptor;
use crate::sys::window::Window;

pub(in crate::pool) struct Context<'a> {
    pub(in crate::pool) table: &'a Table,
    pub(in crate::pool) functions: &'a Functions,
    pub(in crate::pool) number: usize,
    /// The file of the parent's arena, and of the worker's own.
    pub(in crate::pool) input: &'a Window,
    pub(in crate::pool) output: &'a Window,
    /// Wakes the parent.
    pub(in crate::pool) doorbell: &'a Descriptor,
    /// The parent watches how long each item runs.
    pub(in crate::pool) is_timed: bool,
    /// The number of chunks after which the worker asks whether it must leave.
    pub(in crate::pool) chunks: Option<u64>,
    /// Programs that the worker starts end with it.
    pub(in crate::pool) kills_programs: bool,
}
