//! What the book says of Python's start methods, with the `python3` of this machine.

use std::process::Output;

use lesson_testing::python;

fn run(method: &str, program: &str) -> Option<(Output, String, String)> {
    // Without its guard, a program may go on for ever. The others end, on a busy machine later.
    let seconds = match method != "fork" && program.ends_with("_guard") {
        true => 10,
        false => 180,
    };
    let program = format!("tests/start_methods/{program}.py");
    let output = python(seconds, Some(method), &program)?.output();
    let output = output.expect("timeout starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    Some((output, printed, errors))
}

#[test]
fn half_a_guard_is_enough_for_fork() {
    let Some((output, printed, errors)) = run("fork", "half_guard") else {
        return;
    };
    assert!(output.status.success(), "{errors}");
    assert_eq!(printed, "Results: [1, 4, 9]\n");
}

#[test]
fn half_a_guard_is_not_enough_for_spawn() {
    assert_half_a_guard_is_not_enough("spawn");
}

#[test]
fn half_a_guard_is_not_enough_for_forkserver() {
    assert_half_a_guard_is_not_enough("forkserver");
}

fn assert_half_a_guard_is_not_enough(method: &str) {
    let Some((output, printed, errors)) = run(method, "half_guard") else {
        return;
    };
    // It fails, or would go on for ever.
    assert!(!output.status.success(), "{method}: {printed}");
    assert_eq!(printed, "", "{method}");
    assert!(errors.contains("NameError"), "{method}: {errors}");
}

#[test]
fn without_a_guard_the_import_may_start_no_child() {
    let Some((_, printed, _)) = run("fork", "no_guard") else {
        return;
    };
    assert_eq!(printed, "hello\n");

    for method in ["spawn", "forkserver"] {
        let (_, printed, errors) = run(method, "no_guard").expect("python3 is there");
        assert_eq!(printed, "", "{method}");
        assert!(errors.contains("RuntimeError"), "{method}: {errors}");
    }
}

#[test]
fn the_server_imports_the_file_once_today_and_a_spawned_child_itself() {
    let Some((_, forked, _)) = run("fork", "imported") else {
        return;
    };
    assert!(
        forked.starts_with("imported by this process, 1 number\n"),
        "{forked}"
    );
    let (_, spawned, _) = run("spawn", "imported").expect("python3 is there");
    assert!(
        spawned.starts_with("imported by each child, 3 numbers\n"),
        "{spawned}"
    );
    let (_, served, _) = run("forkserver", "imported").expect("python3 is there");
    let expected = match served.ends_with("today\n") {
        true => "imported by the server, 1 number\n",
        false => "imported by each child, 3 numbers\n",
    };
    assert!(served.starts_with(expected), "{served}");
}

#[test]
fn a_global_list_stays_empty_in_the_parent() {
    for method in ["fork", "spawn", "forkserver"] {
        let Some((_, printed, errors)) = run(method, "global_list") else {
            return;
        };
        assert_eq!(printed, "[]\n", "{method}: {errors}");
    }
}
