//! The faults that process pools suffer from, and what this one does.

mod support;

mod faults {
    pub(crate) mod recycling;
    pub(crate) mod waiting;
}

use faults::{recycling, waiting};

support::run_tests!(
    recycling::never_stalls_or_loses_a_task,
    waiting::a_slow_first_task,
);
