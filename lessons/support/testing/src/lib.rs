//! What the tests of the lessons share: they run each program for real and compare what it prints.

mod exercise;
mod rest;
mod run;
mod shape;

pub use exercise::{assert_solution_passes, exercises_of, said_of_unsolved};
pub use run::{
    assert_ends_quietly_when_nobody_reads, assert_refuses,
    assert_says_that_it_may_not_start_processes, assert_takes_options, printed_by,
    printed_until_it_hangs, python, python_twin, within_a_minute, without_processes,
};
pub use shape::shape;
pub use {insta, insta_cmd};

use std::fs;

/// Tests a lesson's programs: `name "binary": canonical;` for each.
///
/// The name is also that of the snapshot and of the Python twin. `canonical` is a function that is
/// given what the program printed, and puts lines whose order is not promised into a fixed order,
/// or masks figures.
///
/// Behind the binary may stand options, which the twin gets as well. Where `, python` stands behind
/// the function, the twin prints not the same but something like it, and has a snapshot of its own.
/// `, hangs`: it never ends, which is what the program is there to show.
/// A program with tests of another kind is named at the end: `+ name;`.
#[macro_export]
macro_rules! programs {
    (
        $($name:ident $binary:literal $($option:literal)*: $canonical:expr $(, $own:ident)?;)+
        $(+ $other:ident;)*
    ) => {
        $(mod $name {
            #[allow(unused_imports, reason = "only some programs need a function of their test")]
            use super::*;

            const PROGRAM: &str = env!(concat!("CARGO_BIN_EXE_", $binary));
            const OPTIONS: &[&str] = &[$($option),*];

            fn assert_is_snapshot(name: &str, printed: &str) {
                let canonical: fn(&str) -> String = $canonical;
                $crate::snapshot_settings().bind(|| {
                    $crate::insta::assert_snapshot!(name, canonical(printed));
                });
            }

            #[test]
            fn prints_its_snapshot() {
                let mut program = $crate::within_a_minute(PROGRAM);
                let printed = $crate::printed_by(program.args(OPTIONS));
                assert_is_snapshot(stringify!($name), &printed);
            }

            $crate::test_of_twin!($name $($own)?);

            #[test]
            fn ends_quietly_when_nobody_reads() {
                $crate::assert_ends_quietly_when_nobody_reads(PROGRAM, OPTIONS);
            }

            #[test]
            fn refuses_options_that_it_does_not_know() {
                $crate::assert_refuses(PROGRAM, "--no-such-option");
            }

            #[test]
            fn says_that_it_may_not_start_processes() {
                $crate::assert_says_that_it_may_not_start_processes(PROGRAM);
            }
        })+

        #[test]
        fn every_program_is_tested() {
            let mut tested = vec![$(stringify!($name)),+ $(, stringify!($other))*];
            tested.sort_unstable();
            assert_eq!($crate::programs_of_this_lesson(), tested);
        }
    };
}

/// The test of a Python twin: see [`programs!`].
#[doc(hidden)]
#[macro_export]
macro_rules! test_of_twin {
    ($name:ident hangs) => {
        #[test]
        fn python_twin_hangs() {
            if let Some(printed) = $crate::printed_until_it_hangs(stringify!($name)) {
                assert_is_snapshot(concat!(stringify!($name), "_python"), &printed);
            }
        }
    };
    ($name:ident $($own:ident)?) => {
        #[test]
        fn python_twin_prints_the_same() {
            if let Some(mut twin) = $crate::python_twin(stringify!($name)) {
                let name = concat!(stringify!($name) $(, "_", stringify!($own))?);
                assert_is_snapshot(name, &$crate::printed_by(twin.args(OPTIONS)));
            }
        }
    };
}

/// Tests what programs do with options: `"binary" "--nonsense=1" "--nonsense=2";` for each.
///
/// Each explains itself with `--help`, and refuses the nonsense.
#[macro_export]
macro_rules! options {
    ($($binary:literal $($nonsense:literal)+;)+) => {
        #[test]
        fn explain_themselves_and_refuse_nonsense() {
            $($crate::assert_takes_options(
                env!(concat!("CARGO_BIN_EXE_", $binary)),
                &[$($nonsense),+],
            );)+
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

/// The programs whose sources this lesson holds, in the order of the alphabet.
pub fn programs_of_this_lesson() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir("src/bin")
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("src/bin can be read").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.push("main".to_owned());
    names.sort_unstable();
    names
}
