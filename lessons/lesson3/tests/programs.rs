use lesson_testing::{insta_cmd::assert_cmd_snapshot, snapshot_settings, without_processes};

lesson_testing::programs! {
    main "lesson3": str::to_owned;
    array "array": str::to_owned;
    full_queue "full_queue": str::to_owned, hangs;
    hello "hello": str::to_owned;
    killed_holder "killed_holder": str::to_owned, hangs;
    numbers "numbers": str::to_owned;
    start_and_join "start_and_join": str::to_owned;
    start_methods "start_methods": str::to_owned, python;
    what_crosses "what_crosses": str::to_owned, python;
}

#[test]
fn what_a_reader_sees_under_a_process_limit() {
    snapshot_settings().bind(|| {
        assert_cmd_snapshot!(
            "under_a_process_limit",
            without_processes(env!("CARGO_BIN_EXE_lesson3"))
        );
    });
}
