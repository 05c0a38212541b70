//! Tests of `multiprocessing::process`.

mod support;

fn starts() {
    let child = multiprocessing::process::spawn(|| 6 * 7).expect("a child");
    assert_eq!(child.join().expect("an answer"), 42);
}

support::run_tests!(starts);
