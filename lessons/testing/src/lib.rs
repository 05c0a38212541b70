//! What the tests of the lessons share: they run each program for real and compare what it prints.

mod run;

pub use run::{
    assert_ends_quietly_when_nobody_reads, assert_says_that_it_may_not_start_processes, printed_by,
    printed_until_the_time_is_over, python_twin, within_a_minute, without_processes,
};
pub use {insta, insta_cmd};

use std::fs;

/// Tests a lesson's programs: `name "binary": canonical;` for each.
///
/// The name is also that of the snapshot and of the Python twin. `canonical` is a function that is
/// given what the program printed, and puts lines whose order is not promised into a fixed order.
/// `twin hangs` after it: the Python twin never ends, which is what the program is there to show.
#[macro_export]
macro_rules! programs {
    ($($name:ident $binary:literal: $canonical:expr $(, twin $hangs:ident)?;)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "only some programs need a function of their test")]
            use super::*;

            const PROGRAM: &str = env!(concat!("CARGO_BIN_EXE_", $binary));

            fn assert_is_snapshot(printed: &str) {
                let canonical: fn(&str) -> String = $canonical;
                $crate::snapshot_settings().bind(|| {
                    $crate::insta::assert_snapshot!(stringify!($name), canonical(printed));
                });
            }

            #[test]
            fn prints_its_snapshot() {
                assert_is_snapshot(&$crate::printed_by(&mut $crate::within_a_minute(PROGRAM)));
            }

            $crate::test_of_twin!($name $($hangs)?);

            #[test]
            fn ends_quietly_when_nobody_reads() {
                $crate::assert_ends_quietly_when_nobody_reads(PROGRAM);
            }

            #[test]
            fn says_that_it_may_not_start_processes() {
                $crate::assert_says_that_it_may_not_start_processes(PROGRAM);
            }
        })+

        #[test]
        fn every_program_is_tested() {
            assert_eq!($crate::programs_of_this_lesson(), [$(stringify!($name)),+]);
        }
    };
}

/// The test of a Python twin: that it prints the same, or that it hangs.
#[doc(hidden)]
#[macro_export]
macro_rules! test_of_twin {
    ($name:ident) => {
        #[test]
        fn python_twin_prints_the_same() {
            if let Some(mut twin) = $crate::python_twin(stringify!($name)) {
                assert_is_snapshot(&$crate::printed_by(&mut twin));
            }
        }
    };
    ($name:ident hangs) => {
        #[test]
        fn python_twin_hangs() {
            if let Some(printed) = $crate::printed_until_the_time_is_over(stringify!($name)) {
                $crate::snapshot_settings().bind(|| {
                    $crate::insta::assert_snapshot!(
                        concat!(stringify!($name), "_in_python"),
                        printed
                    );
                });
            }
        }
    };
}

/// A snapshot has its program's name and no more, so that the book can include it by name.
pub fn snapshot_settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"\bpid \d+", "pid [pid]");
    settings.add_filter(r"\b\w+PoolWorker-[1-4]\b", "ForkPoolWorker-[1-4]");
    settings
}

/// Sorts the lines that begin with `prefix` among themselves; all others stay where they are.
pub fn sort_lines(printed: &str, prefix: &str) -> String {
    let mut lines: Vec<&str> = printed.lines().collect();
    let moving: Vec<usize> = (0..lines.len())
        .filter(|&place| lines[place].starts_with(prefix))
        .collect();
    let mut sorted: Vec<&str> = moving.iter().map(|&place| lines[place]).collect();
    sorted.sort_unstable();
    for (place, line) in moving.into_iter().zip(sorted) {
        lines[place] = line;
    }
    lines.join("\n")
}

/// The programs whose sources this lesson holds, in the order of the alphabet after `main`.
pub fn programs_of_this_lesson() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir("src/bin")
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("src/bin can be read").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort_unstable();
    names.insert(0, "main".to_owned());
    names
}
