//! The faults that process pools suffer from, and what this one does.

mod support;

mod faults {
    pub(crate) mod recycling;
    pub(crate) mod threads;
    pub(crate) mod time_limit;
    pub(crate) mod waiting;
}

use faults::{recycling, threads, time_limit, waiting};

support::run_tests!(
    recycling::never_stalls_or_loses_a_task,
    threads::workers_are_not_disturbed,
    threads::the_pool_goes_on_with_fewer_workers,
    threads::no_worker_is_left,
    threads::a_pool_is_not_made_among_threads,
    time_limit::a_runaway_task_costs_its_worker_alone,
    time_limit::a_runaway_task_that_is_alone,
    time_limit::an_innocent_task_is_not_killed,
    time_limit::a_limit_that_is_never_reached,
    waiting::a_slow_first_task,
);
