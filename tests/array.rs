//! Tests of `Array`, and of what keeps it from being shared by accident.

mod hidden;
mod loans;
mod memory;

crate::support::tests!(
    memory::behaves_as_a_slice,
    memory::of_no_elements,
    memory::of_elements_without_size,
    memory::of_elements_that_must_be_aligned,
    memory::of_an_absurd_size,
    memory::more_than_there_is,
    memory::is_given_back,
    memory::no_child_keeps_what_it_was_not_lent,
    loans::of_each_element,
    loans::of_chunks,
    loans::of_both_sides_of_a_split,
    loans::of_several_arrays,
    loans::to_many_readers,
    loans::of_elements_without_size,
    loans::a_split_behind_the_end_panics,
    loans::chunks_of_nothing_panic,
    loans::what_a_child_wrote_before_it_died_stays,
    loans::again_and_again,
    loans::an_inherited_array_is_refused,
    loans::an_inherited_loan_is_refused,
    loans::an_inherited_array_is_dropped_without_harm,
    hidden::in_a_mutex,
    hidden::in_a_shared_cell,
    hidden::leaked,
    hidden::in_a_static,
    hidden::in_a_capture_that_was_not_lent,
    hidden::from_a_child_that_was_lent_another,
    hidden::from_a_grandchild,
    hidden::from_a_child_of_a_reader,
);
