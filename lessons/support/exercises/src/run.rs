//! Runs a check in a process of its own, and says how it went.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use multiprocessing::process::{self, Builder};
use multiprocessing::{Cause, Error};
use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, waitpid};

use crate::progress;
use crate::{Exercise, Verdict, demand};

/// As much as fits a terminal, and a column of the book.
const COLUMNS: usize = 72;

/// Nothing here takes a second. A machine may be busy, though.
const LIMIT: Duration = Duration::from_secs(10);

/// The `main` of an exercise: checks what the reader wrote, or the solution if the option
/// `--solution` says so. `main` is the check's `file!()`.
pub fn run<F: Copy + 'static>(
    main: &str,
    check: fn(F) -> Verdict,
    exercise: F,
    solution: F,
) -> ExitCode {
    process::exit_on_broken_pipe();
    let here = Exercise::of_check(main).expect("a check is `exercises/<name>/main.rs`");
    let options: Vec<String> = env::args().skip(1).collect();
    match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => report(&here, found(check, exercise)),
        ["--solution"] => match found(check, solution) {
            Ok(()) => {
                println!("The solution passes the check.");
                ExitCode::SUCCESS
            }
            Err(wrong) => {
                eprintln!("The solution does not pass the check. {wrong}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!(
                "error: the only option is --solution, which checks the solution instead of yours"
            );
            ExitCode::from(2)
        }
    }
}

fn report(exercise: &Exercise, found: Result<(), String>) -> ExitCode {
    if let Err(error) = progress::record(exercise, found.is_ok()) {
        let folder = progress::folder();
        eprintln!(
            "The book will not know of this: cannot write into {}: {error}",
            folder.display()
        );
    }
    match found {
        Ok(()) => {
            println!("Solved!\n");
            println!("One way to do it: {}", exercise.file("solution.rs"));
            println!("What is next:     cargo run -p exercises");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!(
                "{}\n",
                textwrap::fill(&format!("Not yet. {wrong}"), COLUMNS)
            );
            eprintln!("Your file: {}", exercise.file("exercise.rs"));
            eprintln!("A hint:    {}", exercise.file("hint.md"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the check in a process: whatever the reader's code does to it, this one lives to tell.
fn found<F: Copy + 'static>(check: fn(F) -> Verdict, code: F) -> Result<(), String> {
    let checking = Builder::new().name("The check").spawn(move || {
        check(code)
            .and_then(|()| no_child_is_left())
            .map_err(|wrong| wrong.0)
    });
    let ended = checking.and_then(|mut checking| checking.join_timeout(LIMIT));
    match ended {
        Ok(Some(found)) => found,
        // The handle is dropped, which ends the process, and its children with it.
        Ok(None) => Err(format!(
            "After {} seconds the function was still running, and was ended. It waits for \
             something that never comes, or goes round in a loop.",
            LIMIT.as_secs()
        )),
        Err(Error::Child(error)) => Err(match error.cause {
            Cause::Panic(panic) => format!(
                "The function panicked, at {}: {}.",
                panic.location, panic.message
            ),
            cause => format!("The function did not return: its process {cause}."),
        }),
        Err(error) => Err(format!("The check could not run: {error}.")),
    }
}

/// Whether the reader's function, which ran in this process, has left a child behind. A handle of
/// the library ends its process when it is dropped. But it can be forgotten, and there are other
/// ways to start a process.
///
/// # Errors
/// If it has.
pub fn no_child_is_left() -> Verdict {
    let child = waitpid(None, Some(WaitPidFlag::WNOHANG));
    demand(child == Err(Errno::ECHILD), || {
        "The function has returned, but a process that it started was never joined.".to_owned()
    })
}
