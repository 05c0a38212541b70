//! A worker that is broken writes over the memory that it shares with the others.

use std::fs::{File, OpenOptions, read_to_string};
use std::os::unix::fs::FileExt;
use std::process::abort;

use multiprocessing::Pool;

/// The length of the table's head.
const HEAD: usize = 5 * 64;

/// Overwrites the beginning of the table. No pointer leads there, so this goes by the files that
/// Linux shows.
fn overwrite_head(byte: u8) {
    let memory = OpenOptions::new().write(true).open("/proc/self/mem");
    let memory: File = memory.expect("the memory of this process");
    let maps = read_to_string("/proc/self/maps").expect("the mappings of this process");
    let mut tables = 0;
    for line in maps
        .lines()
        .filter(|line| line.contains(" rw-s ") && line.contains("/dev/zero"))
    {
        let (range, _) = line.split_once(' ').expect("addresses and more");
        let (start, end) = range.split_once('-').expect("two addresses");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        if address(end) - address(start) > 128 << 10 {
            tables += 1;
            memory
                .write_all_at(&[byte; HEAD], address(start))
                .expect("it is mapped");
        }
    }
    assert!(tables > 0, "{maps}");
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
        let mut pool = Pool::new(2).expect("a pool");
        for chunk_size in [1, 10] {
            let items = (0..100).map(|x| (byte, x));
            let results = pool.map_chunked(overwrite_and_go_on, items, chunk_size);
            assert!(results.expect("results").into_iter().eq(1..101), "{byte}");
        }
    }
}

pub(crate) fn a_worker_overwrites_the_head_and_dies() {
    for byte in BYTES {
        let mut pool = Pool::new(2).expect("a pool");
        let items = (0..100).map(|x| (byte, x));
        let results = pool.try_map(overwrite_and_die, items).expect("results");
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
