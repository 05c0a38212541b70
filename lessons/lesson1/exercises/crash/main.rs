//! Checks the exercise: four lines, of which two crash.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Notes, Verdict, Wrong, demand, different, processes};
use multiprocessing::{Cause, Error};

type ReadAll = fn(Vec<String>, fn(String) -> u32) -> Result<Vec<Result<u32, Cause>>, Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::read_all, solution::read_all)
}

static READERS: Notes<u32> = Notes::new();

fn read(line: String) -> u32 {
    READERS.leave(std::process::id());
    if line == "crash" {
        std::process::abort();
    }
    line.parse().expect("a line is a number")
}

fn check(read_all: ReadAll) -> Verdict {
    READERS.begin()?;
    let lines = ["7", "seven", "crash", "11"].map(str::to_owned);
    let results = match read_all(lines.into(), read) {
        Err(Error::Child(error)) => {
            return Err(Wrong(format!(
                "The function gave up at the first crash, when {} {}. The lines \"crash\" and \
                 \"11\" have no result.",
                error.name, error.cause
            )));
        }
        results => results?,
    };
    let [seven, panicked, aborted, eleven] = &results[..] else {
        return Err(Wrong(format!(
            "There are 4 lines, but {} results.",
            results.len()
        )));
    };
    demand(matches!((seven, eleven), (Ok(7), Ok(11))), || {
        format!("The lines \"7\" and \"11\" can be read, but they gave {seven:?} and {eleven:?}.")
    })?;
    demand(matches!(panicked, Err(Cause::Panic(_))), || {
        format!("The line \"seven\" makes `read` panic, but its result is {panicked:?}.")
    })?;
    demand(matches!(aborted, Err(Cause::Signal(_))), || {
        format!("The line \"crash\" ends its process by a signal, but its result is {aborted:?}.")
    })?;
    let readers = different(READERS.read());
    demand(readers == 4, || {
        format!(
            "All results are right, but {} read the 4 lines.",
            processes(readers)
        )
    })
}
