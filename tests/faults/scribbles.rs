//! A worker that is broken writes over the memory that it shares with the others.

use std::fs::{File, OpenOptions, read_to_string};
use std::hint::spin_loop;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::process::{self, abort};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::*};

use multiprocessing::Shared;

use crate::support::methods::pool_of;

/// The length of the table's head.
const HEAD: usize = 5 * 64;
/// The length of a worker's status.
const STATUS: usize = 64;
/// The distance from one slot to the next. Each begins with its state.
const SLOT: usize = 2 * 64;
const SLOTS: usize = 2048;

fn own_memory() -> File {
    let memory = OpenOptions::new().write(true).open("/proc/self/mem");
    memory.expect("the memory of this process")
}

/// Where the mappings lie whose lines in Linux's list contain all of `words`. No pointer leads to
/// what the library has mapped.
fn mappings(words: [&str; 2]) -> Vec<Range<u64>> {
    let maps = read_to_string("/proc/self/maps").expect("the mappings of this process");
    let lines = maps.lines();
    let lines = lines.filter(|line| words.iter().all(|word| line.contains(word)));
    lines
        .map(|line| {
            let (range, _) = line.split_once(' ').expect("addresses and more");
            let (start, end) = range.split_once('-').expect("two addresses");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            address(start)..address(end)
        })
        .collect()
}

/// Where the table begins.
fn table() -> u64 {
    let mut tables = mappings([" rw-s ", "/dev/zero"]);
    tables.retain(|range| range.end - range.start > (SLOTS * SLOT) as u64);
    assert_eq!(tables.len(), 1, "{tables:?}");
    tables[0].start
}

fn overwrite_head(byte: u8) {
    let written = own_memory().write_all_at(&[byte; HEAD], table());
    written.expect("it is mapped");
}

fn overwrite_and_go_on((byte, x): (u8, u32)) -> u32 {
    if x == 7 {
        overwrite_head(byte);
    }
    x + 1
}

fn overwrite_and_die((byte, x): (u8, u32)) -> u32 {
    if x == 7 {
        overwrite_head(byte);
        abort();
    }
    x + 1
}

const BYTES: [u8; 4] = [0, 1, 0x7F, 0xFF];

pub(crate) fn a_worker_overwrites_the_head_and_lives() {
    for byte in BYTES {
        let mut pool = pool_of(2);
        for chunk_size in [1, 10] {
            let items = (0..100).map(|x| (byte, x));
            let results = pool.map_chunked(overwrite_and_go_on, items, chunk_size);
            assert!(results.expect("results").into_iter().eq(1..101), "{byte}");
        }
    }
}

pub(crate) fn a_worker_overwrites_the_head_and_dies() {
    for byte in BYTES {
        let mut pool = pool_of(2);
        let items = (0..100).map(|x| (byte, x));
        let results = pool.map_results(overwrite_and_die, items).expect("results");
        for (x, result) in (0..).zip(results) {
            assert_eq!(result.ok(), (x != 7).then_some(x + 1), "{byte}");
        }
        let sum: u32 = pool
            .map(|x: u32| x + 1, 0..10)
            .expect("results")
            .iter()
            .sum();
        assert_eq!(sum, 55);
    }
}

const WORKERS: usize = 2;

fn overwrite_states(word: u64) {
    let slots = table() + (HEAD + WORKERS * STATUS) as u64;
    for slot in 0..SLOTS {
        let state = slots + (slot * SLOT) as u64;
        let written = own_memory().write_all_at(&word.to_ne_bytes(), state);
        written.expect("it is mapped");
    }
}

static OVERWRITTEN: OnceLock<Shared<AtomicU32>> = OnceLock::new();

/// Nobody has the chunks that were ready, and nobody takes them: the parent ends all workers, and
/// has others run what is left.
pub(crate) fn a_worker_makes_chunks_nobodys() {
    // Empty; of a lap that never was; and a chunk of a worker that never was.
    for word in [0, u64::MAX, 1000 << 3 | 2] {
        let overwritten = Shared::new(AtomicU32::new(0)).expect("shared memory");
        let overwritten = OVERWRITTEN.get_or_init(|| overwritten);
        overwritten.store(0, Relaxed);
        let mut pool = pool_of(WORKERS);
        let task = |(word, x): (u64, usize)| {
            let overwritten = OVERWRITTEN.get().expect("it was there before the worker");
            if x == 7 {
                overwrite_states(word);
                overwritten.store(1, Relaxed);
            }
            while x > 7 && overwritten.load(Relaxed) == 0 {
                spin_loop();
            }
            (x, process::id())
        };
        // So few that each is a chunk.
        let results = pool.map_chunked(task, (0..40).map(|x| (word, x)), 1);
        let results = results.expect("results");
        assert!(results.iter().map(|(x, _)| *x).eq(0..40), "{word:x}");
        // One worker was at item 7, and the other may have been at item 8.
        let (before, after) = (&results[..8], &results[9..]);
        let is_old = |pid| before.iter().any(|(_, old)| *old == pid);
        assert!(!after.iter().any(|(_, pid)| is_old(*pid)), "{results:?}");
    }
}

/// The results of finished chunks can no longer be found. They are not taken for those that lie
/// at the same place in another worker's memory.
pub(crate) fn a_worker_makes_finished_chunks_nobodys() {
    let mut pool = pool_of(WORKERS);
    let task = |x: usize| {
        if x == 50 {
            overwrite_states(0);
        }
        (x, "x".repeat(x % 3))
    };
    let results = pool.map_results(task, 0..100).expect("results");
    for (x, result) in results.into_iter().enumerate() {
        if let Ok(result) = result {
            assert_eq!(result, (x, "x".repeat(x % 3)));
        }
    }
}

/// What a worker writes by accident does not change what others get.
pub(crate) fn a_worker_cannot_write_to_the_inputs() {
    let mut pool = pool_of(2);
    let task = |text: String| {
        let inputs = mappings([" r--s ", "memfd:arena"]);
        let overwritten = inputs.iter().filter(|range| {
            let zeroes = vec![0; (range.end - range.start) as usize];
            own_memory().write_all_at(&zeroes, range.start).is_ok()
        });
        let others = mappings([" rw-s ", "memfd:arena"]).len();
        (overwritten.count(), inputs.len(), others, text.len())
    };
    let texts = (0..100).map(|len| "x".repeat(len));
    let results = pool.map(task, texts).expect("results");
    for (len, result) in results.into_iter().enumerate() {
        // The parent's arena, and the worker's own.
        assert_eq!(result, (0, 1, 1, len));
    }
}
