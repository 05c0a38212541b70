//! The faults that process pools suffer from, and what this one does.

mod support;

mod faults {
    pub(crate) mod giving_up;
    pub(crate) mod imap;
    pub(crate) mod recycling;
    pub(crate) mod threads;
    pub(crate) mod time_limit;
    pub(crate) mod waiting;
}

use faults::{giving_up, imap, recycling, threads, time_limit, waiting};

support::run_tests!(
    giving_up::a_map_that_failed_frees_its_workers,
    giving_up::results_that_a_child_inherits,
    giving_up::use_after_close,
    giving_up::results_after_terminate,
    giving_up::join_before_the_results_are_drained,
    imap::draws_only_a_little_ahead,
    imap::a_panic_in_the_iterator_reaches_the_caller,
    imap::an_input_that_cannot_be_sent,
    imap::a_panic_in_the_decoding_of_a_result,
    imap::an_iterator_that_waits_for_other_results,
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
