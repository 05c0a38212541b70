//! Checks the exercise: holds two processes between reading and writing, if they let us.

mod exercise;
mod solution;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use exercises::{Meeting, Notes, Verdict, demand, different, processes, within};
use multiprocessing::{Error, process};

type StepByStep = fn(usize, u64, fn(u64) -> u64) -> Result<u64, Error>;

fn main() -> ExitCode {
    exercises::run(
        file!(),
        check,
        exercise::step_by_step,
        solution::step_by_step,
    )
}

/// Which process took a step, and whether the other was there.
static STEPS: Notes<(u32, bool)> = Notes::new();
static INSIDE: Meeting = Meeting::new();

/// Waits until another process is between reading and writing as well. Behind a lock it waits in
/// vain, and goes on.
fn slow_step(number: u64) -> u64 {
    let first = INSIDE.arrive() == 1;
    let together = !first || within(Duration::from_secs(1), || siblings() == 2);
    STEPS.leave((process::current().pid(), together));
    INSIDE.wait_for(2);
    step(number)
}

/// How many children this process's parent has.
fn siblings() -> usize {
    let parent = process::current().parent_pid().to_string();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents = all.filter_map(|process| {
        process.file_name().to_str()?.parse::<u32>().ok()?; // not `/proc/self`
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        let (_, after_name) = stat.rsplit_once(") ")?;
        Some(after_name.split(' ').nth(1)?.to_owned())
    });
    parents.filter(|own| *own == parent).count()
}

fn step(number: u64) -> u64 {
    2 * number + 1
}

fn check(step_by_step: StepByStep) -> Verdict {
    STEPS.begin()?;
    INSIDE.begin()?;
    let end = step_by_step(2, 10, slow_step)?;
    let steps = STEPS.read();
    let steppers = different(steps.iter().map(|step| step.0));
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
    demand(steps.iter().all(|step| step.1), || {
        "The number is right, but the processes were never there at the same time: one was joined \
         before the next was started."
            .to_owned()
    })?;

    let end = step_by_step(6, 0, step)?;
    demand(end == 63, || {
        format!("Six steps from 0 lead to 63, but the number is {end}.")
    })
}
