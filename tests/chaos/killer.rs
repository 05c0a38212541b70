//! A process that kills its siblings.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{park_timeout, yield_now};
use std::time::Duration;

use multiprocessing::Shared;
use multiprocessing::process::{Process, spawn};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

use super::random::Random;

pub(crate) struct Killer {
    process: Process<BTreeSet<u32>>,
    may_begin: Shared<AtomicBool>,
    is_done: Shared<AtomicBool>,
}

impl Killer {
    /// Made before the pool, so that it has no part in it.
    pub(crate) fn start(random: Random, kills: u64) -> Self {
        let flag = || Shared::new(AtomicBool::new(false)).expect("a flag");
        let (may_begin, is_done) = (flag(), flag());
        let (begins, done) = (may_begin.clone(), is_done.clone());
        let process = spawn(move || {
            while !begins.load(Relaxed) {
                yield_now();
            }
            let victims = rage(random, kills);
            done.store(true, Relaxed);
            victims
        });
        Self {
            process: process.expect("a killer"),
            may_begin,
            is_done,
        }
    }

    pub(crate) fn begin(&self) {
        self.may_begin.store(true, Relaxed);
    }

    pub(crate) fn is_at_work(&self) -> bool {
        !self.is_done.load(Relaxed)
    }

    /// The pids of the workers it killed.
    pub(crate) fn victims(self) -> BTreeSet<u32> {
        self.process.join().expect("the victims")
    }
}

fn rage(mut random: Random, kills: u64) -> BTreeSet<u32> {
    let mut victims = BTreeSet::new();
    while (victims.len() as u64) < kills {
        park_timeout(Duration::from_micros(random.below(2000)));
        // Sometimes several at once.
        for _ in 0..=random.below(8) / 6 {
            let siblings = siblings();
            if siblings.is_empty() {
                continue;
            }
            let victim = siblings[random.below(siblings.len() as u64) as usize];
            let signal = [Signal::SIGKILL, Signal::SIGTERM][random.below(2) as usize];
            if kill(Pid::from_raw(victim as i32), signal).is_ok() {
                victims.insert(victim);
            }
        }
    }
    victims
}

fn siblings() -> Vec<u32> {
    let parent = getppid();
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let children = children.expect("a kernel that lists children");
    let pids = children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok());
    pids.filter(|pid| *pid != getpid().as_raw() as u32)
        .collect()
}
