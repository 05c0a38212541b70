//! Checks the exercise: three rows of four numbers, sorted in place and added up.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, Wrong, demand, different, processes};
use multiprocessing::{Array, Cause, Error};

type ChangeRows = fn(&mut Array<i64>, usize, fn(&mut [i64]) -> i64) -> Result<Vec<i64>, Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::change_rows, solution::change_rows)
}

const ROWS: u32 = 3;

static TOGETHER: Meeting = Meeting::new();
/// Which process it was, and whether it met the others.
static CHANGES: Notes<(u32, bool)> = Notes::new();

fn sort_and_add(row: &mut [i64]) -> i64 {
    TOGETHER.arrive();
    CHANGES.leave((std::process::id(), TOGETHER.wait_for(ROWS)));
    row.sort_unstable();
    row.iter().sum()
}

fn check(change_rows: ChangeRows) -> Verdict {
    TOGETHER.begin()?;
    CHANGES.begin()?;
    let mut table = Array::from_slice(&[4, 1, 3, 2, 8, 7, 6, 5, 0, 9, 0, 9])?;
    let sums = match change_rows(&mut table, 4, sort_and_add) {
        Err(Error::Child(error)) if matches!(error.cause, Cause::Signal(_)) => {
            return Err(Wrong(format!(
                "A child died when it touched its row: it {}. It had inherited a reference into \
                 shared memory, where a loan is needed.",
                error.cause
            )));
        }
        sums => sums?,
    };
    demand(*table == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 9, 9], || {
        format!("`change` sorts each row of four, but afterwards the table is {table:?}.")
    })?;
    demand(sums == [10, 26, 18], || {
        format!(
            "The table is right. `change` returned 10, 26 and 18, but the function returned \
             {sums:?}."
        )
    })?;
    let changes = CHANGES.read();
    let changers = different(changes.iter().map(|change| change.0));
    demand(changers == ROWS as usize, || {
        format!(
            "All is right, but {} changed the 3 rows.",
            processes(changers)
        )
    })?;
    demand(changes.iter().all(|(_, met)| *met), || {
        "All is right, but the rows were changed one after the other: a child was joined before \
         the next was started."
            .to_owned()
    })
}
