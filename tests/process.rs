//! Tests of processes: `process::spawn`, `process::Builder` and `Process`.

mod support;

mod process {
    pub(crate) mod answers;
    pub(crate) mod endings;
    pub(crate) mod family;
    pub(crate) mod handles;
    pub(crate) mod inheritance;
    pub(crate) mod panics;
    pub(crate) mod sandbox;
    pub(crate) mod scarcity;
}

use process::{answers, endings, family, handles, inheritance, panics, sandbox, scarcity};

support::run_tests!(
    answers::of_all_kinds,
    answers::none_is_too_long_or_too_nested,
    answers::a_long_one_waits_for_its_reader,
    answers::a_captured_value_need_not_be_send,
    answers::encoded_longer_than_in_memory,
    answers::that_cannot_be_encoded,
    answers::that_cannot_be_decoded,
    answers::a_file_that_was_made_longer_than_it_is_filled,
    answers::many_in_a_row,
    panics::a_panic_has_its_message_and_place,
    panics::a_panic_prints_nothing,
    panics::a_long_panic_message_is_cut,
    panics::a_panic_without_a_message,
    panics::a_panic_that_was_caught_is_not_the_end,
    panics::a_panic_in_a_destructor,
    panics::a_panic_in_the_destructor_of_a_panic,
    panics::a_panic_after_a_grandchild,
    panics::a_panic_of_a_grandchilds_thread,
    panics::a_panic_in_the_parents_destructor,
    panics::a_start_during_a_panic,
    panics::a_panic_that_is_passed_on_has_its_message_and_place,
    panics::a_panic_that_is_made_up_is_not_taken_for_another,
    panics::the_hook_of_the_program_is_called,
    panics::a_hook_that_is_set_later_is_called,
    panics::a_hook_that_the_task_itself_sets_hides_no_place,
    panics::a_backtrace_where_it_is_asked_for,
    panics::no_backtrace_where_none_is_asked_for,
    endings::a_thread_that_keeps_stdout,
    endings::exit_codes,
    endings::signals_by_name,
    endings::a_stack_overflow,
    endings::another_program,
    endings::a_status_that_is_lost,
    endings::a_status_that_somebody_else_took,
    endings::a_traced_child_that_stops_has_not_ended,
    endings::a_broken_pipe,
    endings::a_broken_pipe_that_ends_the_program,
    family::names_and_numbers,
    family::current_is_the_child,
    family::a_child_ends_with_its_parent,
    family::a_child_that_changed_its_user_ends_with_its_parent,
    family::workers_that_changed_their_user_end_with_the_program,
    family::a_copy_of_the_parent_keeps_no_child_alive,
    handles::join_timeout,
    handles::join_timeout_without_end,
    handles::is_running,
    handles::terminate_and_kill,
    handles::an_ended_child_is_not_signalled,
    handles::a_dropped_one_ends_the_child,
    handles::an_inherited_one_is_refused,
    inheritance::threads_are_refused,
    inheritance::a_joined_thread_is_gone,
    inheritance::descriptors_of_the_library_are_closed,
    inheritance::signal_handlers_are_inherited,
    inheritance::signal_handlers_are_reset_on_request,
    inheritance::a_child_registers_what_its_parent_had_registered,
    inheritance::text_is_printed_once,
    inheritance::captures_are_dropped_by_the_parent,
    inheritance::memory_is_a_copy,
    inheritance::stdin_is_empty_unless_asked_for,
    sandbox::a_child_that_cannot_be_waited_for_still_runs,
    sandbox::a_child_that_cannot_be_watched_is_an_error,
    sandbox::a_refused_signal_is_sent_another_way,
    sandbox::each_refused_call_is_named,
    scarcity::no_processes_left,
    scarcity::no_descriptors_left,
    scarcity::no_descriptors_left_to_read_an_answer,
    scarcity::signals_all_the_time,
);
