use lesson_testing::{printed_by, python_twin, shape, sort_lines, within_a_minute};

lesson_testing::programs! {
    main "lesson2" "--workers=2" "--items=2000": left_columns, python;
    barrier "barrier": in_any_order;
    channel "channel": in_any_order;
    condition "condition": str::to_owned;
    contention "contention" "--workers=4" "--items=1000": shape, python;
    cost "cost" "--items=10": shape, python;
    counter "counter": str::to_owned;
    event "event": in_any_order;
    gil "gil" "--workers=2" "--items=2000": of_rust, python;
    methods "methods" "--items=10": shape;
    mutex "mutex": str::to_owned;
    race "race" "--items=20000": without_lost, python;
    semaphore "semaphore": str::to_owned;
    talking "talking": shape, python;
}

lesson_testing::options! {
    "lesson2" "--workers=1" "--items=0";
    "contention" "--workers=1" "--items=-1";
    "cost" "--items=0" "--items=lots";
    "gil" "--workers=1" "--items=0";
    "methods" "--items=0" "--items=lots";
    "race" "--workers=1" "--items=0";
}

/// Several processes print a line each.
fn in_any_order(printed: &str) -> String {
    let prefix = if printed.contains("Process") {
        "Process"
    } else {
        ""
    };
    sort_lines(printed, prefix)
}

/// Without what is only there on a machine with Python: here lines,
fn of_rust(printed: &str) -> String {
    let shape = shape(printed);
    let lines = shape.lines().filter(|line| !line.contains("Python"));
    lines.collect::<Vec<_>>().join("\n")
}

/// there two of the columns.
fn left_columns(printed: &str) -> String {
    let cut = |line: &str| match line.strip_prefix("sees a change yes no") {
        Some(_) => "sees a change yes no".to_owned(),
        None => line.split(" [").take(3).collect::<Vec<_>>().join(" ["),
    };
    of_rust(printed)
        .lines()
        .map(cut)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn python_is_measured_too() {
    if python_twin("gil").is_none() {
        return;
    }
    for (binary, items) in [
        (env!("CARGO_BIN_EXE_gil"), "Python threads"),
        (env!("CARGO_BIN_EXE_lesson2"), "sees a change yes no yes no"),
    ] {
        let printed = printed_by(within_a_minute(binary).arg("--items=1000"));
        assert!(shape(&printed).contains(items), "{printed}");
    }
}

/// How many raises a race loses, nobody knows.
fn without_lost(printed: &str) -> String {
    let mask = |line: &str| {
        let protection = line.split_whitespace().next();
        if protection == Some("none") {
            "none [counted] [lost] [time]".to_owned()
        } else {
            shape(line)
        }
    };
    printed.lines().map(mask).collect::<Vec<_>>().join("\n")
}

#[test]
fn threads_see_a_change_and_processes_do_not() {
    let mut main = within_a_minute(env!("CARGO_BIN_EXE_lesson2"));
    let printed = printed_by(main.args(["--items", "1000"]));
    let seen = printed
        .lines()
        .find(|line| line.starts_with("sees a change"))
        .expect("a line");
    let cells: Vec<&str> = seen.split_whitespace().skip(3).take(2).collect();
    assert_eq!(cells, ["yes", "no"], "{printed}");
}

#[test]
fn a_race_loses_raises_on_every_run_and_its_cures_lose_none() {
    for _ in 0..5 {
        let mut race = within_a_minute(env!("CARGO_BIN_EXE_race"));
        let printed = printed_by(race.args(["--workers", "2", "--items", "5000"]));
        let lost = |protection: &str| -> u64 {
            let line = printed
                .lines()
                .find(|line| line.starts_with(protection))
                .expect("a line");
            let mut figures = line[protection.len()..].split_whitespace();
            figures
                .nth(1)
                .and_then(|lost| lost.parse().ok())
                .expect("a figure")
        };
        assert!(lost("none") > 0, "{printed}");
        for cure in ["a mutex", "an atomic step", "a semaphore"] {
            assert_eq!(lost(cure), 0, "{printed}");
        }
    }
}
