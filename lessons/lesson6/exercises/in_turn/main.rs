//! Checks the exercise: the process that is to speak first has the longest work.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, demand, different, processes};
use multiprocessing::{Error, process};

type SpeakInTurn = fn(Vec<u32>, fn(u32), fn(u32)) -> Result<(), Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::speak_in_turn,
        solution::speak_in_turn,
    )
}

const NUMBERS: [u32; 4] = [3, 1, 4, 2];

static WORKING: Meeting = Meeting::new();
static SPOKEN: Meeting = Meeting::new();
/// Whether a process met all others at work.
static WORKED: Notes<bool> = Notes::new();
/// Which process said what.
static SAID: Notes<(u32, u32)> = Notes::new();

/// The first of the row is not done before another has spoken, or a while has passed.
fn work(number: u32) {
    WORKING.arrive();
    WORKED.leave(WORKING.wait_for(4));
    if number == NUMBERS[0] {
        SPOKEN.wait_for(1);
    }
}

fn say(number: u32) {
    println!("{} says {number}", process::current().name());
    SAID.leave((number, process::current().pid()));
    SPOKEN.arrive();
}

fn check(speak_in_turn: SpeakInTurn) -> Verdict {
    WORKING.begin()?;
    SPOKEN.begin()?;
    WORKED.begin()?;
    SAID.begin()?;
    speak_in_turn(NUMBERS.into(), work, say)?;
    let said = SAID.read();
    let worked = WORKED.read();

    demand(worked.len() == 4, || {
        format!("4 processes were to work, and {} did.", worked.len())
    })?;
    demand(worked.iter().all(|met| *met), || {
        "The work was done by one after the other: a process waited before it worked, or was \
         joined before the next was started."
            .to_owned()
    })?;
    demand(said.len() == 4, || {
        format!("4 numbers were to be said, and {} were.", said.len())
    })?;
    demand(said[0].0 == NUMBERS[0], || {
        format!(
            "{} was to be said first. But its process had the longest work, and another did not \
             wait for it.",
            NUMBERS[0]
        )
    })?;
    let numbers: Vec<u32> = said.iter().map(|(number, _)| *number).collect();
    demand(numbers == NUMBERS, || {
        format!("The order was to be {NUMBERS:?}, but it was {numbers:?}.")
    })?;
    let speakers = different(said.iter().map(|(_, process)| *process));
    demand(speakers == 4, || {
        format!(
            "The order is right, but {} spoke for all.",
            processes(speakers)
        )
    })
}
