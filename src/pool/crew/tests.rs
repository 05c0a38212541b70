//! What the parent makes of workers that are out of their minds: any numbers in the table, any
//! bytes in their arenas.
//!
//! There is the real engine and the workers' real code, but both run in this process: the test
//! decides how far a worker comes, and what it spoils.

use std::os::unix::fs::FileExt;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;

use fastrand::Rng;

use super::*;
use crate::pool::Cancelled;
use crate::pool::arena::Writer;
use crate::pool::call::Call;
use crate::pool::chunk;
use crate::pool::cut::Cut;
use crate::pool::engine::Engine;
use crate::pool::fuzz;
use crate::pool::job::Job;
use crate::pool::orders::Orders;
use crate::pool::table::State;
use crate::wire::Portable;

const LIVING: usize = 0;
const DYING: usize = 1;

/// A worker's side of the pool.
struct Hands {
    number: usize,
    lane: Rc<Lane>,
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
            lane: Rc::new(Lane {
                beside_threads: Cell::new(false),
                name: format!("worker {number}"),
                pid: 0,
                reader: RefCell::default(),
                window,
            }),
        }
    }

    /// What the parent holds of it. The process has nothing to do.
    #[expect(clippy::zombie_processes, reason = "its `Child` waits for it")]
    fn member(&self) -> Member {
        let process = Command::new("true").spawn().expect("a process");
        let mailbox = Mailbox::of::<()>().expect("a mailbox");
        Member {
            child: Child::new(
                self.lane.name.clone(),
                process.id() as i32,
                mailbox,
                None,
                None,
            ),
            lane: Rc::clone(&self.lane),
            started: Instant::now(),
            timed_out: None,
        }
    }

    /// Runs the next chunk, if there is one, but leaves it to others to say so.
    fn run_next_chunk(&mut self, engine: &Engine) -> Option<u64> {
        let workplace = Workplace {
            table: &engine.table,
            functions: &engine.functions,
            number: self.number,
            input: &engine.input,
            output: &self.lane.window,
            bell: &engine.crew.bell.0,
            is_timed: false,
            chunks: None,
        };
        let position = engine.table.claim(self.number)?;
        chunk::carry_out(
            &workplace,
            position,
            &mut self.input,
            &mut self.output,
            &self.mailbox,
            &mut (),
        )
        .expect("the parent is in its right mind");
        Some(position)
    }

    fn spoil(&self, position: u64, engine: &Engine, rng: &mut Rng) {
        let words = engine.table.slot(position).words();
        let [_, progress, ..] = words;
        if rng.bool() {
            // It did not come so far.
            progress.store(rng.u64(..=progress.load(Relaxed)), Relaxed);
        }
        for _ in 0..rng.u8(1..6) {
            // Not the state, which comes first.
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
        let window = &self.lane.window;
        let file = window.file().expect("open");
        let _ = file.write_all_at(&fuzz::bytes(rng), window.start() + rng.u64(..300));
    }
}

/// A state that no worker in its right mind writes.
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
    let rules = Rules {
        initializer_timeout: None,
        initializer: None,
        max_chunks_per_worker: None,
        task_timeout: None,
        keeps_stdin: false,
        ends_programs: false,
    };
    let mut engine = Engine::without_workers(2, rules).expect("an engine");
    let mut workers = [LIVING, DYING].map(Hands::new);
    engine.crew.members[LIVING] = Some(workers[LIVING].member());
    let engine = Rc::new(RefCell::new(engine));

    let identity: fn(T) -> T = |item| item;
    let job = Job::<T>::new(&engine, Call::new(identity)).expect("a job");
    let cut = Cut::Portions {
        portion: rng.usize(1..6),
        workers: 1,
    };
    let mut orders = Orders::new(items.clone().into_iter(), cut);
    let mut outcomes = vec![0; items.len()];
    let mut spoils_left = rng.u8(..10);
    let is_spoiled = spoils_left > 0;
    let mut job = Some(Cancelled(job));
    let mut turns = 0;
    loop {
        if let Some(Cancelled(job)) = &job {
            orders.feed(job).expect("there is memory");
        }
        if !engine.borrow().has_orders() {
            break;
        }
        turns += 1;
        assert!(turns < 1000, "this comes to no end");
        for worker in &mut workers {
            let engine = engine.borrow();
            let Some(position) = worker.run_next_chunk(&engine) else {
                continue;
            };
            let is_mad = spoils_left > 0 && rng.bool();
            if is_mad {
                spoils_left -= 1;
                worker.spoil(position, &engine, rng);
            }
            if is_mad && rng.bool() {
                spoil_state(position, &engine, rng);
            } else if worker.number == LIVING || rng.bool() {
                engine.table.finish(position, worker.number, false);
            }
        }
        let mut engine = engine.borrow_mut();
        engine.crew.members[DYING] = Some(workers[DYING].member());
        engine.gather();
        engine.balance();
        engine.crew.members[DYING] = None;
        engine.settle(&Fallen {
            number: DYING,
            lane: Rc::clone(&workers[DYING].lane),
            cause: Cause::Unknown,
            before_ready: false,
        });
        drop(engine);
        if is_spoiled && rng.u8(..20) == 0 {
            job = None;
        }
        while let Some(Cancelled(job)) = &job
            && let Some(finding) = job.next_finding()
        {
            let first = finding.first();
            let mut results: Vec<Result<T, TaskError>> = Vec::new();
            job.read_into(&finding, &mut results).expect("it takes all");
            for (index, result) in (first..).zip(results) {
                outcomes[index] += 1;
                assert!(is_spoiled || result.is_ok_and(|result| result == items[index]));
            }
        }
    }
    let all = if job.is_some() { 1 } else { 0 };
    assert!(outcomes.iter().all(|&count| all <= count && count <= 1));
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
