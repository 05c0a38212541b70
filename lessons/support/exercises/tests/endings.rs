//! Whatever a reader's function does, its check says so in words, and records it.
//!
//! This program runs itself once for each kind of function, as the check of an exercise.

use std::env;
use std::io;
use std::process::{Command, ExitCode, Stdio};

use exercises::progress::{Progress, VARIABLE};
use exercises::{Exercise, Verdict, demand, run};
use multiprocessing::process;

const KIND: &str = "ENDINGS_KIND";

type Number = fn() -> Result<u32, io::Error>;

/// A kind of function, and what its check says at the beginning of a line.
const KINDS: [(&str, Number, &str); 7] = [
    (
        "hangs",
        || endless(),
        "Not yet. After 10 seconds the function was still running",
    ),
    ("right", || Ok(42), "Solved!"),
    ("wrong", || Ok(41), "Not yet. 42 was expected, not 41."),
    (
        "fails",
        || Err(io::Error::other("no luck")),
        "Not yet. The function returned an error: no luck.",
    ),
    (
        "panics",
        || panic!("oh no"),
        "Not yet. The function panicked, at lessons/support/exercises/tests/endings.rs:",
    ),
    (
        "exits",
        || std::process::exit(0),
        "Not yet. The function did not return: its process exited with code 0",
    ),
    (
        "forgets",
        || {
            let child = process::spawn(endless::<()>).expect("a process starts");
            std::mem::forget(child);
            Ok(42)
        },
        "Not yet. The function has returned, but a process that it started was never joined.",
    ),
];

fn endless<T>() -> T {
    loop {
        std::thread::park();
    }
}

fn main() -> ExitCode {
    match env::var(KIND) {
        Ok(kind) => check_one(&kind),
        Err(_) => {
            test_all();
            ExitCode::SUCCESS
        }
    }
}

fn check_one(kind: &str) -> ExitCode {
    let (_, number, _) = KINDS
        .into_iter()
        .find(|known| known.0 == kind)
        .expect("a kind");
    let main = format!("lessons/lesson0/exercises/{kind}/main.rs");
    run(&main, check, number, || Ok(42))
}

fn check(number: Number) -> Verdict {
    let number = number()?;
    demand(number == 42, || format!("42 was expected, not {number}."))
}

fn test_all() {
    let progress = tempfile::tempdir().expect("a folder");
    let this = env::current_exe().expect("this program");
    let checks = KINDS.map(|(kind, ..)| {
        Command::new(&this)
            .env(KIND, kind)
            .env(VARIABLE, progress.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this program starts")
    });
    for ((kind, _, says), check) in KINDS.into_iter().zip(checks) {
        let output = check.wait_with_output().expect("the check ends");
        let printed = [output.stdout, output.stderr].concat();
        let words: Vec<_> = str::from_utf8(&printed)
            .expect("it prints UTF-8")
            .split_whitespace()
            .collect();
        let printed = words.join(" ");
        let solved = kind == "right";
        let exercise = Exercise::parse(&format!("lesson0/{kind}")).expect("a lesson and a name");
        let recorded = Progress::of(&exercise, progress.path());

        assert!(printed.starts_with(says), "{kind}: {printed}");
        assert_eq!(output.status.success(), solved, "{kind}");
        assert_eq!(recorded == Progress::Solved, solved, "{kind}: {recorded:?}");
        println!("{kind}: ok");
    }
}
