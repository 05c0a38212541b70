//! Checks the exercise: reads each piece that was written, as it was written.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, Wrong, demand, different, printed_by, processes};
use multiprocessing::Error;

type Recite = fn(u32, fn(u32) -> Vec<String>) -> Result<(), Error>;

fn main() -> ExitCode {
    exercises::run(file!(), check, exercise::recite, solution::recite)
}

const POEMS: u32 = 3;

static TOGETHER: Meeting = Meeting::new();
/// Which process has a poem, and whether it met the others.
static POETS: Notes<(u32, bool)> = Notes::new();

fn poem(number: u32) -> Vec<String> {
    TOGETHER.arrive();
    POETS.leave((std::process::id(), TOGETHER.wait_for(POEMS)));
    lines(number)
}

fn lines(number: u32) -> Vec<String> {
    let lines = ["Processes work,", "each on its own,", "and none is alone."];
    let numbered = lines.iter().map(|line| format!("{number}: {line}"));
    numbered.collect()
}

fn check(recite: Recite) -> Verdict {
    TOGETHER.begin()?;
    POETS.begin()?;
    let recited = move || recite(POEMS, poem).map_err(|error| error.to_string());
    let (ended, pieces) = printed_by(recited)?;
    ended.map_err(|error| Wrong(format!("The function returned an error: {error}.")))?;

    let mut printed: Vec<&str> = pieces.iter().flat_map(|piece| piece.lines()).collect();
    printed.sort_unstable();
    let all: Vec<String> = (1..=POEMS).flat_map(lines).collect();
    let mut right: Vec<&str> = all.iter().map(String::as_str).collect();
    right.sort_unstable();
    demand(printed == right, || {
        format!(
            "{POEMS} poems have {} lines, and these were printed:\n\n{}",
            right.len(),
            pieces.concat()
        )
    })?;
    demand(pieces.len() == POEMS as usize, || {
        format!(
            "{POEMS} poems were written in {} pieces. Between two pieces of one poem, another \
             process may write. (With a lock none could, but then they would wait for each other.)",
            pieces.len()
        )
    })?;
    let poets = POETS.read();
    let printers = different(poets.iter().map(|poet| poet.0));
    demand(printers == POEMS as usize, || {
        format!(
            "The poems are whole, but {} printed them.",
            processes(printers)
        )
    })?;
    demand(poets.iter().all(|(_, met)| *met), || {
        "The poems are whole, but a process had to wait for another.".to_owned()
    })
}
