//! How the parent copes with corrupt workers, which may leave any numbers in the table and any
//! bytes in their arenas.
//!
//! The engine and the workers' code are the real ones, but both run in this process: the test
//! decides how far a worker gets, and what it corrupts.

use std::os::unix::fs::FileExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use fastrand::Rng;

use super::source::Source;
use super::workers::{DeadWorker, Worker};
use super::{Engine, Settings, Turns};
use crate::child::{Child, Mailbox};
use crate::error::{Cause, Error, Obstacle, TaskError};
use crate::fuzz;
use crate::pool::call::{Chunking, Feeder, Job, TaskFunction};
use crate::pool::shared::arena::{self, Reader, Writer};
use crate::pool::shared::functions::Function;
use crate::pool::shared::table::State;
use crate::pool::worker::{Context, run_chunk};
use crate::start_method::StartMethod;
use crate::wire::Portable;

const LIVING: usize = 0;
const DYING: usize = 1;

/// A worker's side of the pool.
struct Hands {
    number: usize,
    source: Arc<Source>,
    input: Reader,
    output: Writer,
    mailbox: Mailbox,
}

impl Hands {
    fn new(number: usize) -> Self {
        let window = arena::new_window().expect("an arena");
        Self {
            number,
            input: Reader::default(),
            output: Writer::new(&window).expect("a mapping"),
            mailbox: Mailbox::of::<()>().expect("a mailbox"),
            source: Arc::new(Source::new(format!("worker {number}"), 0, window)),
        }
    }

    /// The worker as the parent knows it. Its process does nothing.
    #[expect(clippy::zombie_processes, reason = "its `Child` waits for it")]
    fn in_parent(&self) -> Worker {
        let process = Command::new("true").spawn().expect("a process");
        let mailbox = Mailbox::of::<()>().expect("a mailbox");
        let name = format!("worker {}", self.number);
        let child = Child::new(name, process.id() as i32, mailbox, None, None);
        Worker::new(child, Arc::clone(&self.source))
    }

    /// Runs the next chunk, if there is one, but does not mark it as done.
    fn run_next_chunk(&mut self, engine: &Engine) -> Option<u64> {
        let context = Context {
            table: &engine.table,
            functions: &engine.functions,
            number: self.number,
            input: &engine.inputs.window,
            output: &self.source.window,
            doorbell: engine.workers.button(),
            is_timed: false,
            chunks: None,
            kills_programs: false,
        };
        let position = engine.table.claim(self.number)?;
        run_chunk(
            &context,
            position,
            &mut self.input,
            &mut self.output,
            &self.mailbox,
            &mut (),
        )
        .expect("the parent is not corrupt");
        Some(position)
    }

    fn spoil(&self, position: u64, engine: &Engine, rng: &mut Rng) {
        let words = engine.table.slot(position).words();
        let [_, progress, ..] = words;
        if rng.bool() {
            // It did not get that far.
            progress.store(rng.u64(..=progress.load(Relaxed)), Relaxed);
        }
        for _ in 0..rng.u8(1..6) {
            // Skips the state, which comes first.
            let word = words[rng.usize(1..words.len())];
            let number = match rng.u8(..3) {
                0 => word.load(Relaxed) ^ 1 << rng.u32(..64),
                1 => word
                    .load(Relaxed)
                    .wrapping_add(rng.u64(..5))
                    .wrapping_sub(2),
                _ => fuzz::number(rng),
            };
            word.store(number, Relaxed);
        }
        let window = &self.source.window;
        let file = window.file().expect("open");
        let _ = file.write_all_at(&fuzz::bytes(rng), window.start() + rng.u64(..300));
    }
}

/// Writes a state that only a corrupt worker could write.
fn spoil_state(position: u64, engine: &Engine, rng: &mut Rng) {
    let [state, ..] = engine.table.slot(position).words();
    loop {
        for _ in 0..rng.u8(1..4) {
            state.store(state.load(Relaxed) ^ 1 << rng.u32(..16), Relaxed);
        }
        match engine.table.state(position) {
            Some(State::Ready | State::Claimed(LIVING | DYING)) => {}
            _ => return,
        }
    }
}

fn run_all<T: Portable + PartialEq + Clone>(items: Vec<T>, rng: &mut Rng) {
    let mut engine = Engine::without_workers(2, Settings::default()).expect("an engine");
    let mut workers = [LIVING, DYING].map(Hands::new);
    engine.workers.workers[LIVING] = Some(workers[LIVING].in_parent());
    let engine = Arc::new(Turns::new(engine));

    let identity: fn(T) -> T = |item| item;
    let job = Job::<T>::new(&engine, TaskFunction::new(identity)).expect("a job");
    let chunking = Chunking::Portions {
        portion: rng.usize(1..6),
        workers: 1,
    };
    let mut feeder = Feeder::new(items.clone().into_iter(), chunking);
    let mut outcomes = vec![0; items.len()];
    let mut spoils_left = rng.u8(..10);
    let is_spoiled = spoils_left > 0;
    let mut job = Some(job);
    let mut turns = 0;
    loop {
        if let Some(job) = &job {
            feeder.feed(job).expect("there is memory");
        }
        if !engine.take().has_open_chunks() {
            break;
        }
        turns += 1;
        assert!(turns < 1000, "this never ends");
        for worker in &mut workers {
            let engine = engine.take();
            let Some(position) = worker.run_next_chunk(&engine) else {
                continue;
            };
            let is_corrupt = spoils_left > 0 && rng.bool();
            if is_corrupt {
                spoils_left -= 1;
                worker.spoil(position, &engine, rng);
            }
            if is_corrupt && rng.bool() {
                spoil_state(position, &engine, rng);
            } else if worker.number == LIVING || rng.bool() {
                engine.table.finish(position, worker.number, false);
            }
        }
        let mut engine = engine.take();
        engine.workers.workers[DYING] = Some(workers[DYING].in_parent());
        engine.gather();
        engine.steal();
        engine.workers.workers[DYING] = None;
        engine.recover(&DeadWorker {
            number: DYING,
            source: Arc::clone(&workers[DYING].source),
            cause: Cause::Unknown,
            before_ready: false,
        });
        drop(engine);
        if is_spoiled && rng.u8(..20) == 0 {
            job.take().inspect(Job::cancel);
        }
        while let Some(job) = &job
            && let Some(outcome) = job.next_outcome()
        {
            let first = outcome.first();
            let mut results: Vec<Result<T, TaskError>> = Vec::new();
            job.read_into(&outcome, &mut results).expect("it takes all");
            for (index, result) in (first..).zip(results) {
                outcomes[index] += 1;
                assert!(is_spoiled || result.is_ok_and(|result| result == items[index]));
            }
        }
    }
    let all = if job.is_some() { 1 } else { 0 };
    assert!(outcomes.iter().all(|&count| all <= count && count <= 1));
    job.inspect(Job::cancel);
}

#[test]
fn each_item_has_one_outcome_whatever_a_worker_writes() {
    fuzz::rounds(100, |rng| {
        let count = rng.usize(1..200);
        match rng.u8(..3) {
            0 => run_all((0..count as u64).collect(), rng),
            1 => run_all((0..count).map(|i| "word ".repeat(i)).collect(), rng),
            _ => run_all((0..count).map(|i| Some(vec![i; i])).collect(), rng),
        }
    });
}

/// A library that the program has loaded may be missing, or lie elsewhere, where the program is
/// executed anew.
#[test]
fn a_function_of_a_library_goes_to_forks_alone() {
    let function = Function {
        runner: a_function_of_a_library_goes_to_forks_alone as *const () as usize,
        task: nix::libc::getpid as *const () as usize,
    };
    let checked = |start_method| {
        let settings = Settings {
            start_method,
            ..Settings::default()
        };
        let engine = Engine::without_workers(1, settings).expect("an engine");
        engine.workers.check(function)
    };
    checked(StartMethod::Fork).expect("it is there");
    for method in [StartMethod::ForkServer, StartMethod::Spawn] {
        let error = checked(method).unwrap_err();
        let obstacle = Obstacle::ForeignFunction;
        assert!(
            matches!(&error, Error::StartMethod { obstacle: is, .. } if *is == obstacle),
            "{error}"
        );
    }
}
