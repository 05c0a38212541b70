//! Each program prints its snapshot, however many of its workers die.

use lesson_testing::{insta, printed_by, snapshot_settings, within_a_minute};

fn assert_prints(name: &str, program: &str) {
    let printed = printed_by(&mut within_a_minute(program));
    snapshot_settings().bind(|| insta::assert_snapshot!(name, printed));
}

#[test]
fn rayon_and_pool() {
    assert_prints("rayon_and_pool", env!("CARGO_BIN_EXE_rayon_and_pool"));
}

#[test]
fn ticking() {
    assert_prints("ticking", env!("CARGO_BIN_EXE_ticking"));
}
