use lesson_testing::{printed_by, shape, within_a_minute};

lesson_testing::programs! {
    main "lesson1": str::to_owned;
    crash "crash": str::to_owned, python;
    speedup "speedup" "--workers=2" "--items=10000": shape, python;
}

lesson_testing::options! {
    "speedup" "--workers=0" "--workers=many" "--items=1" "--items=-5";
}

#[test]
fn each_number_of_processes_finds_all_primes() {
    for workers in ["1", "2", "5"] {
        let mut speedup = within_a_minute(env!("CARGO_BIN_EXE_speedup"));
        let printed = printed_by(speedup.args(["--workers", workers, "--items", "10000"]));
        assert!(
            printed.starts_with("There are 1229 primes below 10000.\n"),
            "{printed}"
        );
    }
}
