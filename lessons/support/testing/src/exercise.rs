//! Exercises, checked as a reader checks them.

use std::io::{self, Write};

use exercises::Exercise;
use exercises::progress::{FOLDER, Progress, VARIABLE, root};

use crate::{printed_by, within_a_minute};

/// Tests a lesson's exercises, by their names: each is unsolved, its check says in words what is
/// wrong, and its solution passes the same check.
///
/// What the check says is the snapshot `exercise_<name>`. An exercise that a reader has checked
/// here, solved or not, is the reader's: then only the solution is tested.
#[macro_export]
macro_rules! exercises {
    ($($name:ident)+) => {
        $(mod $name {
            const CHECK: &str = env!(concat!("CARGO_BIN_EXE_exercise_", stringify!($name)));

            #[test]
            fn is_solved_by_its_solution() {
                $crate::assert_solution_passes(CHECK);
            }

            #[test]
            fn is_unsolved_and_says_what_is_wrong() {
                let exercise = concat!(env!("CARGO_PKG_NAME"), "/", stringify!($name));
                if let Some(said) = $crate::said_of_unsolved(CHECK, exercise) {
                    $crate::snapshot_settings().bind(|| {
                        let name = concat!("exercise_", stringify!($name));
                        $crate::insta::assert_snapshot!(name, said);
                    });
                }
            }
        })+

        #[test]
        fn every_exercise_is_tested() {
            let mut tested = [$(stringify!($name)),+];
            tested.sort_unstable();
            assert_eq!($crate::exercises_of(env!("CARGO_PKG_NAME")), tested);
        }
    };
}

pub fn assert_solution_passes(check: &str) {
    let printed = printed_by(within_a_minute(check).arg("--solution"));
    assert!(printed.ends_with("The solution passes the check.\n"));
}

/// What the check says of the exercise as it was shipped, or nothing if it is the reader's by now.
pub fn said_of_unsolved(check: &str, exercise: &str) -> Option<String> {
    let exercise = Exercise::parse(exercise).expect("a lesson and a name");
    if Progress::of(&exercise, &root().join(FOLDER)) != Progress::New {
        // Unlike `eprintln!`, this is seen although the test passes.
        let _ = writeln!(
            io::stderr(),
            "{} was checked here, so it may be changed: only its solution is tested",
            exercise.file("exercise.rs")
        );
        return None;
    }
    let progress = tempfile::tempdir().expect("a folder");
    let output = within_a_minute(check)
        .env(VARIABLE, progress.path())
        .output()
        .expect("the check starts");
    assert_eq!(output.status.code(), Some(1), "it is solved already");
    assert_eq!(
        Progress::of(&exercise, progress.path()),
        Progress::Tried,
        "what the check found is recorded"
    );
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The exercises whose folders this lesson holds, in the order of the alphabet.
pub fn exercises_of(lesson: &str) -> Vec<String> {
    let all = Exercise::all(root()).expect("the lessons can be read");
    let own = all.into_iter().filter(|exercise| exercise.lesson == lesson);
    let mut names: Vec<String> = own.map(|exercise| exercise.name).collect();
    names.sort_unstable();
    names
}
