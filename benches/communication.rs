//! What a message costs, by its size: between threads, and between processes.
//!
//! A channel between threads hands over an address, so the size does not matter to it; only to
//! look at the bytes does. Between processes the bytes are copied into memory that both see and out
//! of it again, or into the kernel and out. An array that is lent is not copied at all, but a child
//! is started for each loan.
//!
//! The receiver reads every byte.

mod support;

use std::hint::{self, black_box};
use std::io::{Read, Write, pipe};
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::thread;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use crossbeam::channel::unbounded;
use multiprocessing::{
    Array, Barrier, Condition, Event, Mutex, Sender, Shared, channel, process, sync_channel, wait,
};
use support::settings;

const SIZES: [usize; 5] = [8, 1 << 10, 64 << 10, 1 << 20, 16 << 20];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// `count` messages of one size, after which the other side answers with their sum.
#[derive(Clone, Copy)]
struct Batch {
    size: usize,
    count: usize,
}

impl Batch {
    /// A message is made anew each time: who sends it gives it away.
    fn message(self) -> Vec<u8> {
        vec![black_box(1); self.size]
    }

    fn measure(self, group: &mut Group, way: &str, mut exchange: impl FnMut() -> u64) {
        group.bench_function(BenchmarkId::new(way, self.size), |b| {
            b.iter(|| assert_eq!(exchange(), (self.size * self.count) as u64));
        });
    }
}

/// All bytes are 1, so this is their number.
fn sum(message: &[u8]) -> u64 {
    let parts = message.chunks(128);
    parts.map(|part| u64::from(part.iter().sum::<u8>())).sum()
}

fn latency(c: &mut Criterion) {
    let mut group = c.benchmark_group("Send one message and get an answer");
    by_spinning(&mut group);
    for size in SIZES {
        compare(&mut group, Batch { size, count: 1 });
    }
    group.finish();
}

fn throughput(c: &mut Criterion) {
    let mut group = c.benchmark_group("Send many messages");
    for size in SIZES {
        let count = ((4 << 20) / size).clamp(2, 32);
        group.throughput(Throughput::Bytes((size * count) as u64));
        compare(&mut group, Batch { size, count });
    }
    group.finish();
}

fn compare(group: &mut Group, batch: Batch) {
    by_channel(group, batch);
    by_kernel_pipe(group, batch);
    by_lent_array(group, batch);
    by_crossbeam(group, batch);
}

fn by_channel(group: &mut Group, batch: Batch) {
    let (sender, messages) = channel::<Vec<u8>>().unwrap();
    let (answer, answers) = channel::<u64>().unwrap();
    let child = process::spawn(move || {
        let mut messages = messages.iter().map(|message| sum(&message)).peekable();
        while messages.peek().is_some() {
            answer
                .send(messages.by_ref().take(batch.count).sum())
                .unwrap();
        }
    });
    batch.measure(group, "through our channel", || {
        (0..batch.count).for_each(|_| sender.send(batch.message()).unwrap());
        answers.recv().unwrap()
    });
    drop(sender);
    child.unwrap().join().unwrap();
}

fn by_crossbeam(group: &mut Group, batch: Batch) {
    let (sender, messages) = unbounded::<Vec<u8>>();
    let (answer, answers) = unbounded::<u64>();
    thread::scope(|s| {
        s.spawn(move || {
            let mut messages = messages.iter().map(|message| sum(&message)).peekable();
            while messages.peek().is_some() {
                answer
                    .send(messages.by_ref().take(batch.count).sum())
                    .unwrap();
            }
        });
        batch.measure(group, "through crossbeam to a thread", || {
            (0..batch.count).for_each(|_| sender.send(batch.message()).unwrap());
            answers.recv().unwrap()
        });
        drop(sender);
    });
}

fn by_kernel_pipe(group: &mut Group, batch: Batch) {
    let (mut messages, mut sender) = pipe().unwrap();
    let (mut answers, mut answer) = pipe().unwrap();
    let child = process::spawn(move || {
        let mut message = vec![0; batch.size];
        let mut receive = || messages.read_exact(&mut message).map(|()| sum(&message));
        while let Ok(total) = (0..batch.count).map(|_| receive()).sum::<Result<u64, _>>() {
            answer.write_all(&total.to_ne_bytes()).unwrap();
        }
    });
    batch.measure(group, "through a pipe", || {
        let message = batch.message();
        (0..batch.count).for_each(|_| sender.write_all(&message).unwrap());
        let mut total = [0; 8];
        answers.read_exact(&mut total).unwrap();
        u64::from_ne_bytes(total)
    });
    // The child would never read an end of file: it inherited a copy of the sender. This ends it.
    drop(child);
}

fn by_lent_array(group: &mut Group, batch: Batch) {
    let mut array = Array::<u8>::new(batch.size).unwrap();
    batch.measure(group, "by lending an array", || {
        let mut lend = || {
            array.fill(black_box(1));
            process::scope(|s| s.spawn_with(array.lend(), sum).join().unwrap()).unwrap()
        };
        (0..batch.count).map(|_| lend()).sum()
    });
}

/// As fast as two cores can tell each other anything: both look at one number all the time. It
/// takes both cores whole, so it is no way to wait.
fn by_spinning(group: &mut Group) {
    const STOP: u64 = u64::MAX;
    let both = Shared::new((AtomicU64::new(0), AtomicU64::new(0))).unwrap();
    let theirs = both.clone();
    let child = process::spawn(move || {
        let (question, answer) = &*theirs;
        let mut seen = 0;
        while seen != STOP {
            seen = wait_for_change(question, seen);
            answer.store(seen, Release);
        }
    });
    let (question, answer) = &*both;
    let mut number = 0;
    let ask = |number| {
        let before = answer.load(Relaxed);
        question.store(number, Release);
        wait_for_change(answer, before)
    };
    group.bench_function(BenchmarkId::new("by spinning on a shared atomic", 8), |b| {
        b.iter(|| {
            number += 1;
            assert_eq!(ask(number), number);
        });
    });
    ask(STOP);
    child.unwrap().join().unwrap();
}

fn wait_for_change(atomic: &AtomicU64, from: u64) -> u64 {
    let mut looks = 0;
    loop {
        let now = atomic.load(Acquire);
        if now != from {
            return now;
        }
        looks += 1;
        if looks % 1000 == 0 {
            // The other side may be waiting for this core.
            thread::yield_now();
        }
        hint::spin_loop();
    }
}

/// Two processes that tell each other nothing but that they are there.
fn meeting(c: &mut Criterion) {
    let mut group = c.benchmark_group("Wait for another process");
    by_message(&mut group);
    by_bounded_channel(&mut group);
    by_events(&mut group);
    by_barrier(&mut group);
    by_condition(&mut group);
    by_descriptor(&mut group);
    group.finish();
}

fn by_message(group: &mut Group) {
    let (here, there) = channel::pipe::<(), ()>().unwrap();
    let child =
        process::spawn(move || while there.recv().is_ok_and(|()| there.send(()).is_ok()) {});
    group.bench_function("a message there and back", |b| {
        b.iter(|| {
            here.send(()).unwrap();
            here.recv().unwrap();
        });
    });
    drop(here);
    child.unwrap().join().unwrap();
}

fn by_bounded_channel(group: &mut Group) {
    let (sender, questions) = sync_channel::<()>(1).unwrap();
    let (answer, answers) = sync_channel::<()>(1).unwrap();
    let child =
        process::spawn(move || while questions.recv().is_ok_and(|()| answer.send(()).is_ok()) {});
    group.bench_function("a message of a bounded channel there and back", |b| {
        b.iter(|| {
            sender.send(()).unwrap();
            answers.recv().unwrap();
        });
    });
    drop(sender);
    child.unwrap().join().unwrap();
}

/// As a program does that waits for other things as well.
fn by_descriptor(group: &mut Group) {
    let (here, there) = channel::pipe::<(), ()>().unwrap();
    let child =
        process::spawn(move || while there.recv().is_ok_and(|()| there.send(()).is_ok()) {});
    group.bench_function("a message there and back, waited for by `wait`", |b| {
        b.iter(|| {
            here.send(()).unwrap();
            wait(&[&here.receiver], None).unwrap();
            here.recv().unwrap();
        });
    });
    drop(here);
    child.unwrap().join().unwrap();
}

fn by_events(group: &mut Group) {
    let [asked, answered] = [(); 2].map(|()| Event::new().unwrap());
    let theirs = (asked.clone(), answered.clone());
    let child = process::spawn(move || {
        let (asked, answered) = theirs;
        loop {
            asked.wait();
            asked.clear();
            answered.set();
        }
    });
    group.bench_function("an event there and back", |b| {
        b.iter(|| {
            asked.set();
            answered.wait();
            answered.clear();
        });
    });
    // It waits for ever. This ends it.
    drop::<Result<process::Process<()>, _>>(child);
}

fn by_barrier(group: &mut Group) {
    let barrier = Barrier::new(2).unwrap();
    let theirs = barrier.clone();
    let child = process::spawn(move || while theirs.wait().is_ok() {});
    group.bench_function("a barrier of two", |b| b.iter(|| barrier.wait().unwrap()));
    barrier.abort();
    child.unwrap().join().unwrap();
}

fn by_condition(group: &mut Group) {
    const STOP: u64 = u64::MAX;
    let turn = Mutex::new(0_u64).unwrap();
    let changed = Condition::new().unwrap();
    let (theirs, tell) = (turn.clone(), changed.clone());
    let child = process::spawn(move || {
        let mut turn = theirs.lock().unwrap();
        while *turn != STOP {
            if *turn % 2 == 1 {
                *turn += 1;
                tell.notify_one();
            }
            turn = tell.wait_while(turn, |turn| *turn % 2 == 0).unwrap();
        }
    });
    group.bench_function("a condition there and back", |b| {
        b.iter(|| {
            let mut guard = turn.lock().unwrap();
            *guard += 1;
            changed.notify_one();
            drop(changed.wait_while(guard, |turn| *turn % 2 == 1).unwrap());
        });
    });
    *turn.lock().unwrap() = STOP;
    changed.notify_one();
    child.unwrap().join().unwrap();
}

/// A server that answers through a channel that is there, or through one that comes with the request.
fn reply(c: &mut Criterion) {
    let mut group = c.benchmark_group("Ask a server");
    let (server, requests) = channel::<(u64, Option<Sender<u64>>)>().unwrap();
    let (answer, answers) = channel().unwrap();
    let serving = process::spawn(move || {
        for (number, reply) in requests {
            reply.as_ref().unwrap_or(&answer).send(number + 1).unwrap();
        }
    });
    group.bench_function("that has a channel for its answers", |b| {
        b.iter(|| {
            server.send((black_box(1), None)).unwrap();
            assert_eq!(answers.recv().unwrap(), 2);
        });
    });
    group.bench_function("and send the same channel along", |b| {
        let (reply, answers) = channel().unwrap();
        b.iter(|| {
            server.send((black_box(1), Some(reply.clone()))).unwrap();
            assert_eq!(answers.recv().unwrap(), 2);
        });
    });
    group.bench_function("and send a new channel along", |b| {
        b.iter(|| {
            let (reply, answers) = channel().unwrap();
            server.send((black_box(1), Some(reply))).unwrap();
            assert_eq!(answers.recv().unwrap(), 2);
        });
    });
    group.finish();
    drop(server);
    serving.unwrap().join().unwrap();
}

criterion_group! { name = benches; config = settings(); targets = latency, throughput, meeting, reply }
criterion_main!(benches);
