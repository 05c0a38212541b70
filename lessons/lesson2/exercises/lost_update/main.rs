//! Checks the exercise: holds two processes between reading and writing, if they let us.

mod exercise;
mod solution;

use std::process::ExitCode;

use exercises::{Meeting, Notes, Verdict, demand, different, processes};
use multiprocessing::Error;

type StepByStep = fn(usize, u64, fn(u64) -> u64) -> Result<u64, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::step_by_step,
        solution::step_by_step,
    )
}

static STEPS: Notes<u32> = Notes::new();
static INSIDE: Meeting = Meeting::new();

/// Waits until another process is between reading and writing as well. Behind a lock it waits in
/// vain, and goes on.
fn slow_step(number: u64) -> u64 {
    STEPS.leave(std::process::id());
    INSIDE.arrive();
    INSIDE.wait_for(2);
    step(number)
}

fn step(number: u64) -> u64 {
    2 * number + 1
}

fn check(step_by_step: StepByStep) -> Verdict {
    STEPS.begin()?;
    INSIDE.begin()?;
    let end = step_by_step(2, 10, slow_step)?;
    let steppers = different(STEPS.read());
    demand(steppers == 2, || {
        format!(
            "2 processes were to take a step each; it was {}.",
            processes(steppers)
        )
    })?;
    demand(end == 43, || {
        format!(
            "`step` doubles the number and adds 1. From 10, two steps lead to 21 and 43, but the \
             number is {end}. Both processes had read it before either wrote it back."
        )
    })?;

    let end = step_by_step(6, 0, step)?;
    demand(end == 63, || {
        format!("Six steps from 0 lead to 63, but the number is {end}.")
    })
}
