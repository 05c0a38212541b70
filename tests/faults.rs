//! The faults that process pools suffer from, and what this one does.

mod support;

mod faults {
    pub(crate) mod copies;
    pub(crate) mod descriptors;
    pub(crate) mod endings;
    pub(crate) mod giving_up;
    pub(crate) mod imap;
    pub(crate) mod memory;
    pub(crate) mod printing;
    pub(crate) mod recycling;
    pub(crate) mod scarcity;
    pub(crate) mod scribbles;
    pub(crate) mod settings;
    pub(crate) mod signals;
    pub(crate) mod task_timeout;
    pub(crate) mod threads;
    pub(crate) mod traces;
    pub(crate) mod values;
    pub(crate) mod waiting;
}

use faults::{
    copies, descriptors, endings, giving_up, imap, memory, printing, recycling, scarcity,
    scribbles, settings, signals, task_timeout, threads, traces, values, waiting,
};

support::run_tests!(
    copies::that_panic_in_a_task,
    copies::that_return_from_a_task,
    copies::that_become_daemons_in_a_task,
    copies::that_come_out_of_an_initializer,
    copies::that_come_out_of_a_child,
    copies::with_a_loan,
    copies::of_the_owner_of_an_array,
    copies::with_a_guard,
    copies::that_execute_a_program,
    copies::that_die_with_a_lock_of_their_own,
    copies::that_use_a_channel_of_an_original_that_ended,
    copies::of_the_parent,
    copies::of_a_busy_parent,
    copies::with_a_permit,
    descriptors::standard_ones_are_closed,
    descriptors::standard_ones_are_closed_in_an_initializer,
    descriptors::a_task_closes_the_librarys,
    descriptors::a_task_has_the_librarys_numbers_for_its_own_files,
    descriptors::an_initializer_closes_the_librarys,
    descriptors::a_child_closes_the_librarys,
    descriptors::the_parent_closes_the_librarys,
    descriptors::the_parent_closes_the_librarys_as_root,
    endings::a_busy_worker_is_killed,
    endings::a_death_is_heard_of_at_once,
    endings::idle_workers_are_killed,
    endings::the_task_calls_exit,
    endings::the_task_leaves_or_aborts,
    endings::a_panic_that_was_caught_is_not_blamed,
    endings::sigchld_is_ignored,
    giving_up::a_map_that_failed_frees_its_workers,
    giving_up::a_failure_among_many_small_chunks,
    giving_up::a_failure_behind_a_slow_item,
    giving_up::results_that_a_child_inherits,
    giving_up::use_after_close,
    giving_up::results_after_terminate,
    giving_up::join_before_the_results_are_drained,
    imap::draws_only_a_little_ahead,
    imap::a_panic_in_the_iterator_reaches_the_caller,
    imap::an_input_that_cannot_be_sent,
    imap::a_panic_in_the_decoding_of_a_result,
    imap::an_iterator_that_waits_for_other_results,
    imap::draws_little_ahead_of_what_is_large,
    memory::a_large_call_leaves_nothing,
    memory::results_that_wait_are_kept,
    memory::a_pools_memory_goes_with_it_though_a_later_child_lives,
    printing::text_buffered_before_the_fork_is_printed_once,
    printing::the_last_lines_are_kept,
    printing::none_of_8000_lines_is_torn,
    recycling::never_stalls_or_loses_a_task,
    recycling::no_worker_is_lost_beside_threads,
    recycling::workers_that_are_due_leave_with_the_pool,
    scarcity::no_descriptors_left_at_creation,
    scarcity::a_worker_takes_one_descriptor,
    scarcity::no_processes_left_at_creation,
    scarcity::nothing_is_left_for_a_worker_that_replaces_another,
    scarcity::no_descriptor_to_watch_a_worker_by,
    scarcity::shared_memory_is_exhausted,
    scarcity::an_argument_beyond_the_limit_of_files,
    scarcity::shared_memory_is_too_small_for_a_chunk,
    scribbles::a_worker_overwrites_the_head_and_lives,
    scribbles::a_worker_overwrites_the_head_and_dies,
    scribbles::a_worker_makes_chunks_nobodys,
    scribbles::a_worker_makes_finished_chunks_nobodys,
    scribbles::a_worker_cannot_write_to_the_inputs,
    settings::impossible_ones_are_refused,
    settings::the_initializer_fails,
    settings::the_initializer_fails_later,
    settings::the_initializers_error_is_its_own_text,
    settings::an_initializer_that_hangs,
    settings::an_initializer_that_hangs_where_only_tasks_have_a_limit,
    settings::an_initializer_that_hangs_or_dies_later,
    settings::the_initializer_is_dropped_with_the_workers,
    settings::the_initializer_runs_once_a_worker,
    settings::the_default_is_a_worker_for_each_processor,
    signals::the_parent_is_killed_by_sigkill,
    signals::the_parent_is_ended_by_sigterm,
    signals::ctrl_c,
    signals::ctrl_c_that_the_program_handles,
    signals::ctrl_c_reaches_the_programs_that_tasks_run,
    signals::a_signal_arrives_every_2_ms,
    signals::tasks_ignore_sigterm_when_the_pool_is_dropped,
    signals::tasks_ignore_sigterm_when_the_pool_is_terminated,
    signals::a_program_that_handles_sigterm_ends_its_pools,
    signals::terminate_does_not_use_up_its_grace,
    threads::workers_are_not_disturbed,
    threads::the_pool_goes_on_with_fewer_workers,
    threads::no_worker_is_left,
    threads::a_worker_that_is_killed_for_time_is_missed,
    threads::a_pool_is_not_made_among_threads,
    task_timeout::a_runaway_task_costs_its_worker_alone,
    task_timeout::a_runaway_task_that_is_alone,
    task_timeout::an_innocent_task_is_not_killed,
    task_timeout::a_limit_that_is_never_reached,
    task_timeout::a_thread_that_keeps_stdout,
    task_timeout::a_worker_that_is_stopped_before_an_item,
    task_timeout::a_worker_that_is_stopped_at_any_moment,
    traces::open_and_close_1000_pools,
    traces::a_pipe_of_the_parent_is_held_open,
    traces::a_pool_inside_a_worker,
    traces::workers_of_workers_end_with_the_pool,
    traces::files_are_left_in_dev_shm_after_everyone_is_killed,
    values::a_result_cannot_be_decoded,
    values::a_result_cannot_be_encoded,
    values::an_argument_cannot_be_decoded,
    values::an_argument_cannot_be_encoded,
    values::a_path_that_is_not_utf_8,
    values::panics_of_all_kinds,
    values::a_panic_in_the_drop_of_a_result,
    values::results_of_64_mb,
    values::small_tasks_5000_at_once,
    values::nothing_at_all,
    waiting::a_slow_first_task,
    waiting::a_slow_task_in_a_large_chunk,
    waiting::a_result_that_is_asked_for_again_and_again,
    waiting::a_result_that_was_returned,
    waiting::what_decodes_a_result_waits_for_another,
);
