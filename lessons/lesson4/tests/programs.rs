use lesson_testing::{printed_by, within_a_minute};

lesson_testing::programs! {
    main "lesson4": str::to_owned;
}

#[test]
fn all_four_workers_take_part() {
    let printed = printed_by(&mut within_a_minute(env!("CARGO_BIN_EXE_lesson4")));
    for worker in 1..=4 {
        let name = format!("ForkPoolWorker-{worker}.");
        assert!(printed.contains(&name), "{name} did nothing:\n{printed}");
    }
}
