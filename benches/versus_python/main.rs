//! `cargo bench --bench versus_python`: the same work by this library and by CPython's
//! `multiprocessing`, in turn, each with two workers.
//!
//! Python is the `python3` that is found first on the path, and starts its processes by its default
//! method; where a start is what a row measures, once more by `fork`.
//!
//! Each row is run several times, now here and now there, so that whatever else the machine does
//! meets both, and each time by a fresh process: by `rows.py` or, with the same arguments, by this
//! program once more. The median is what is compared. The answers must agree. The results are kept
//! for the book, too.

#[path = "../support/bare_fork.rs"]
mod bare_fork;
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
    let Some(python) = Python::on_path()? else {
        println!("There is no python3 here, so there is nothing to compare with.");
        return Ok(());
    };
    let effort = effort(arguments);
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let workers = rows::WORKERS;
    println!(
        "{} (starts by {}) and this library, {workers} workers each, medians of {} runs\n",
        python.version, python.start_method, effort.rounds
    );
    table::print_head();
    let keeper = effort.kept.then(Keeper::new).transpose()?;
    let keep = |name: &str, mut row: Value| match &keeper {
        Some(keeper) => {
            row["python_version"] = json!(python.version);
            row["start_method"] = json!(python.start_method);
            row["workers"] = json!(workers);
            row["short"] = json!(effort.short);
            keeper.keep(name, &row)
        }
        None => Ok(()),
    };
    let is_wanted = |row: &str| wanted.is_none_or(|name| row.contains(name.as_str()));
    for row in ROWS.iter().filter(|row| is_wanted(row.name)) {
        let by_fork = row.is_start && python.start_method != "fork";
        let times = measure(row, by_fork, &effort)?;
        let ours = median(&times.ours);
        table::print(row, row.what, median(&times.python), ours);
        let mut kept = json!({
            "what": row.what, "unit": row.unit.name(), "python": times.python, "rust": times.ours,
        });
        if by_fork {
            let by_fork = median(&times.by_fork);
            table::print(row, "  the same, in Python by fork", by_fork, ours);
            kept["python_by_fork"] = json!(times.by_fork);
        }
        keep(row.name, kept)?;
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

/// The times for one task, run by run.
#[derive(Default)]
struct Times {
    python: Vec<f64>,
    /// Empty unless asked for.
    by_fork: Vec<f64>,
    ours: Vec<f64>,
}

fn measure(row: &Row, by_fork: bool, effort: &Effort) -> Result<Times, Box<dyn Error>> {
    let count = (row.count / effort.divisor).max(1);
    let one = |program: &mut Command| -> Result<(f64, u64), Box<dyn Error>> {
        let outcome = run(program, row.name, count)?;
        Ok((row.unit.for_one(outcome.measured, count), outcome.answer))
    };
    let mut times = Times::default();
    for _ in 0..effort.rounds {
        let (python, there) = one(&mut python_program())?;
        let (ours, here) = one(&mut this_program()?)?;
        if there != here {
            return Err(format!("{}: here it is {here}, in Python {there}", row.name).into());
        }
        times.python.push(python);
        times.ours.push(ours);
        if by_fork {
            let (by_fork, _) = one(python_program().env("START_METHOD", "fork"))?;
            times.by_fork.push(by_fork);
        }
    }
    Ok(times)
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
    program.arg(script).env_remove("START_METHOD");
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

struct Python {
    /// As `Python 3.15.2`.
    version: String,
    /// Its default: `fork`, `spawn` or `forkserver`.
    start_method: String,
}

impl Python {
    /// `None`: Python is not installed.
    fn on_path() -> Result<Option<Self>, Box<dyn Error>> {
        let ask = "import multiprocessing, platform
print('Python', platform.python_version())
print(multiprocessing.get_start_method())";
        let answer = match Command::new("python3").args(["-c", ask]).output() {
            Ok(output) => String::from_utf8(output.stdout)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (version, start_method) = answer
            .trim_end()
            .split_once('\n')
            .ok_or("python3 does not tell its version and start method")?;
        Ok(Some(Self {
            version: version.to_owned(),
            start_method: start_method.to_owned(),
        }))
    }
}
