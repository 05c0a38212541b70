//! `cargo bench --bench versus_python`: the same work by this library and by CPython's
//! `multiprocessing`, in turn, each with two workers.
//!
//! Each row is run several times, now here and now there, so that whatever else the machine does
//! meets both, and each time by a fresh process: by `rows.py` or, with the same arguments, by this
//! program once more. The median is what is compared. The answers must agree. The results are kept
//! for the book, too.

mod keep;
mod rows;
mod table;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::{env, io};

use serde_json::{Value, json};

use keep::Keeper;
use rows::Outcome;
use table::{ROWS, Row, median};

/// How often each row is run, and by what its count is divided.
struct Effort {
    rounds: usize,
    divisor: u64,
    short: bool,
    /// A test of the program measures nothing that is worth it.
    kept: bool,
}

/// Measured by this library alone.
const START_PER_BARE_FORK: &str = "start_per_bare_fork";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match &arguments[..] {
        [flag, row, count] if flag == "--row" => run_here(row, count),
        _ => compare(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What `rows.py` does, by this library.
fn run_here(row: &str, count: &str) -> Result<(), Box<dyn Error>> {
    let outcome = rows::run(row, count.parse()?).ok_or("no such row")?;
    println!(
        "{}",
        json!({ "measured": outcome.measured, "answer": outcome.answer })
    );
    Ok(())
}

fn compare(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(version) = python_version()? else {
        println!("There is no python3 here, so there is nothing to compare with.");
        return Ok(());
    };
    let effort = effort(arguments);
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let workers = rows::WORKERS;
    println!(
        "{version} and this library, {workers} workers each, medians of {} runs\n",
        effort.rounds
    );
    table::print_head();
    let keeper = effort.kept.then(Keeper::new).transpose()?;
    let keep = |name: &str, mut row: Value| match &keeper {
        Some(keeper) => {
            row["python_version"] = json!(version);
            row["workers"] = json!(workers);
            row["short"] = json!(effort.short);
            keeper.keep(name, &row)
        }
        None => Ok(()),
    };
    let is_wanted = |row: &str| wanted.is_none_or(|name| row.contains(name.as_str()));
    for row in ROWS.iter().filter(|row| is_wanted(row.name)) {
        let (python, ours) = measure(row, &effort)?;
        table::print(row, median(&python), median(&ours));
        let unit = row.unit.name();
        keep(
            row.name,
            json!({ "what": row.what, "unit": unit, "python": python, "rust": ours }),
        )?;
    }
    if is_wanted(START_PER_BARE_FORK) {
        let ratios = beside_bare_fork(&effort)?;
        println!(
            "\nTo start and join a process takes {:.2} times as long",
            median(&ratios)
        );
        println!("as a bare fork, _exit and waitpid.");
        keep(START_PER_BARE_FORK, json!({ "ratios": ratios }))?;
    }
    if let Some(keeper) = &keeper {
        println!("\nKept in {}", keeper.folder().display());
    }
    Ok(())
}

fn effort(arguments: &[String]) -> Effort {
    let is_measured = arguments.iter().any(|argument| argument == "--bench");
    let is_short = env::var_os("BENCH").is_some_and(|length| length == "short");
    let (rounds, divisor) = match (is_measured, is_short) {
        (true, false) => (5, 1),
        (true, true) => (1, 4),
        // Only a test of the program.
        (false, _) => (1, 100),
    };
    Effort {
        rounds,
        divisor,
        short: is_short,
        kept: is_measured,
    }
}

/// The times for one task, run by run: those of Python, and ours.
fn measure(row: &Row, effort: &Effort) -> Result<(Vec<f64>, Vec<f64>), Box<dyn Error>> {
    let count = (row.count / effort.divisor).max(1);
    let (mut python, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        let there = run(&mut python_program(), row.name, count)?;
        let here = run(&mut this_program()?, row.name, count)?;
        if there.answer != here.answer {
            let (here, there) = (here.answer, there.answer);
            return Err(format!("{}: here it is {here}, in Python {there}", row.name).into());
        }
        python.push(row.unit.for_one(there.measured, count));
        ours.push(row.unit.for_one(here.measured, count));
    }
    Ok((python, ours))
}

/// How many times as long as a bare fork it takes to start and join a process, run by run. That
/// depends a little on where in memory the program happens to lie, so there are more runs.
fn beside_bare_fork(effort: &Effort) -> Result<Vec<f64>, Box<dyn Error>> {
    let count = (1000 / effort.divisor).max(1);
    let ratio = || run(&mut this_program()?, START_PER_BARE_FORK, count);
    let rounds = 2 * effort.rounds;
    (0..rounds).map(|_| Ok(ratio()?.measured)).collect()
}

fn python_program() -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/versus_python/rows.py");
    let mut program = Command::new("python3");
    program.arg(script);
    program
}

fn this_program() -> io::Result<Command> {
    let mut program = Command::new(env::current_exe()?);
    program.arg("--row");
    Ok(program)
}

fn run(program: &mut Command, row: &str, count: u64) -> Result<Outcome, Box<dyn Error>> {
    let program = program
        .args([row, &count.to_string()])
        .stderr(Stdio::inherit());
    let output = program.output()?;
    if !output.status.success() {
        return Err(format!("{program:?} failed: {}", output.status).into());
    }
    let outcome: Value = serde_json::from_slice(&output.stdout)?;
    match (outcome["measured"].as_f64(), outcome["answer"].as_u64()) {
        (Some(measured), Some(answer)) => Ok(Outcome { measured, answer }),
        _ => Err(format!("{program:?} printed {outcome}").into()),
    }
}

/// `None`: Python is not installed.
fn python_version() -> io::Result<Option<String>> {
    match Command::new("python3").arg("--version").output() {
        Ok(output) => Ok(Some(
            String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
