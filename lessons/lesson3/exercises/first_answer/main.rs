//! Checks the exercise: an oracle answers beside others that never end, or crash.

mod exercise;
mod solution;

use std::process::ExitCode;
use std::time::Duration;

use exercises::{Meeting, Notes, Verdict, Wrong, demand, no_child_is_left};
use multiprocessing::{Error, process};

type FirstAnswer = fn(Vec<fn() -> u32>) -> Result<Option<u32>, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::first_answer,
        solution::first_answer,
    )
}

/// The quick oracle answers at once; a machine may be busy, though.
const LIMIT: Duration = Duration::from_secs(3);

static ENDLESS: Meeting = Meeting::new();
static ORACLES: Notes<u32> = Notes::new();

fn quick() -> u32 {
    ORACLES.leave(process::current().pid());
    ENDLESS.wait_for(2); // all are asked before one answers
    42
}

fn endless() -> u32 {
    ORACLES.leave(process::current().pid());
    ENDLESS.arrive();
    loop {
        std::thread::park();
    }
}

fn crashing() -> u32 {
    ORACLES.leave(process::current().pid());
    std::process::abort()
}

fn check(first_answer: FirstAnswer) -> Verdict {
    let oracles: [Vec<fn() -> u32>; 2] = [
        vec![endless, crashing, quick, endless],
        vec![crashing, crashing],
    ];
    for (oracles, expected) in oracles.into_iter().zip([Some(42), None]) {
        ENDLESS.begin()?;
        ORACLES.begin()?;
        let count = oracles.len();
        let mut asking = process::spawn(move || {
            let answer = first_answer(oracles).map_err(|error| error.to_string())?;
            Ok((answer, no_child_is_left().is_ok()))
        })?;
        let Some(answer) = asking.join_timeout(LIMIT)? else {
            return Err(Wrong(
                match expected {
                    Some(_) => "One oracle has answered, but the function still waits for another.",
                    None => "All oracles have crashed, but the function still waits for an answer.",
                }
                .to_owned(),
            ));
        };
        let (answer, none_is_left) = answer.map_err(|error: String| {
            Wrong(format!(
                "An oracle crashed, and the function gave up: {error}."
            ))
        })?;
        demand(answer == expected, || {
            format!("Of {count} oracles the answer was to be {expected:?}, but it was {answer:?}.")
        })?;
        demand(!ORACLES.read().contains(&asking.pid()), || {
            "An oracle was asked without a process of its own.".to_owned()
        })?;
        demand(none_is_left, || {
            "The answer is right, but a process that never ends was left behind.".to_owned()
        })?;
    }
    Ok(())
}
