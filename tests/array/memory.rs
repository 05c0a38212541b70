//! The memory of an array.

use std::fs;

use bytemuck::{Pod, Zeroable};
use multiprocessing::process::{self, scope};
use multiprocessing::{Array, Error, channel};
use nix::errno::Errno;
use nix::sys::resource::Resource;

use crate::support::circumstances::{wait_until, with_limit};

const MIB: usize = 1 << 20;

pub(crate) fn behaves_as_a_slice() {
    let mut array = Array::from_slice(&[3, 1, 2]).expect("an array");
    assert_eq!(array.len(), 3);
    array.sort_unstable();
    array[0] += 10;
    for x in &mut array {
        *x *= 2;
    }
    assert_eq!(*array, [22, 4, 6]);
    assert_eq!((&array).into_iter().sum::<i32>(), 32);
    assert_eq!(
        format!("{array:?} {array:#?}"),
        "[22, 4, 6] [\n    22,\n    4,\n    6,\n]"
    );
    let zeroes: Array<f64> = Array::new(1000).expect("an array");
    assert!(zeroes.iter().all(|&x| x == 0.0));
}

pub(crate) fn of_no_elements() {
    let mut array: Array<u64> = Array::new(0).expect("an array");
    assert!(array.is_empty());
    assert_eq!(array.lend_mut().into_iter().count(), 0);
    assert_eq!(array.lend_mut().chunks(3).count(), 0);
    assert!(array.lend_mut().is_empty());
    scope(|s| {
        s.spawn_with(array.lend_mut(), |none| assert!(none.is_empty()));
    })
    .expect("no error");
    assert_eq!(
        format!("{:?}", Array::<u8>::from_slice(&[]).expect("an array")),
        "[]"
    );
}

pub(crate) fn of_elements_without_size() {
    let array: Array<()> = Array::new(usize::MAX).expect("an array");
    assert_eq!(array.len(), usize::MAX);
    assert_eq!(Array::<[u64; 0]>::new(3).expect("an array").len(), 3);
}

#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C, align(4096))]
struct Page([u8; 4096]);

#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u64; 8]);

pub(crate) fn of_elements_that_must_be_aligned() {
    let mut pages: Array<Page> = Array::new(3).expect("an array");
    let mut lines: Array<Line> = Array::from_slice(&[Line([1; 8]); 5]).expect("an array");
    assert!(pages.as_ptr().is_aligned() && lines.as_ptr().is_aligned());
    scope(|s| {
        for (page, line) in pages.lend_mut().into_iter().zip(lines.lend_mut()) {
            s.spawn_with((page, line), |(page, line)| {
                page.0.fill(7);
                line.0[7] += 1;
            });
        }
    })
    .expect("no error");
    assert!(pages.iter().all(|page| page.0 == [7; 4096]));
    assert_eq!(lines.iter().map(|line| line.0[7]).sum::<u64>(), 3 * 2 + 2);
}

#[track_caller]
fn is_too_much<T>(result: Result<T, Error>) {
    match result.map(drop) {
        Err(Error::System { source, .. }) => {
            assert_eq!(source.raw_os_error(), Some(Errno::ENOMEM as i32));
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn of_an_absurd_size() {
    is_too_much(Array::<u8>::new(usize::MAX));
    is_too_much(Array::<u8>::new(isize::MAX as usize + 1));
    is_too_much(Array::<u8>::new(isize::MAX as usize));
    is_too_much(Array::<u64>::new(usize::MAX / 8 + 2));
    is_too_much(Array::<u64>::new(1 << 50));
}

fn mapped_bytes() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("a file");
    let pages = pages.split(' ').next().expect("the first of several");
    pages.parse::<usize>().expect("a number") * 4096
}

pub(crate) fn more_than_there_is() {
    let limit = mapped_bytes() + 16 * MIB;
    with_limit(Resource::RLIMIT_AS, limit as u64, || {
        is_too_much(Array::<u8>::new(32 * MIB));
        let error = Array::<u64>::new(4 * MIB).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot share 4194304 elements of 8 bytes (by `mmap`): "),
            "{error}"
        );
        assert_eq!(Array::<u8>::new(8 * MIB).expect("an array").len(), 8 * MIB);
    });
}

pub(crate) fn is_given_back() {
    let limit = mapped_bytes() + 32 * MIB;
    with_limit(Resource::RLIMIT_AS, limit as u64, || {
        for _ in 0..20 {
            let mut array = Array::<u8>::new(16 * MIB).expect("an array");
            scope(|s| {
                s.spawn_with(array.lend_mut(), |bytes| bytes[0] = 1);
            })
            .expect("no error");
        }
    });
}

/// The sizes of the mappings of shared memory that a process has.
fn shared_mappings(pid: u32) -> Vec<usize> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("a file");
    let shared = maps.lines().filter(|line| line.contains("/dev/zero"));
    let sizes = shared.map(|line| {
        let range = line.split(' ').next().expect("a range");
        let (start, end) = range.split_once('-').expect("two addresses");
        let [start, end] = [start, end].map(|at| usize::from_str_radix(at, 16).expect("hex"));
        end - start
    });
    sizes.collect()
}

/// So its memory goes when the array is dropped, however long the child lives.
pub(crate) fn no_child_keeps_what_it_was_not_lent() {
    const LEN: usize = 64 * MIB;
    let array = Array::<u8>::new(LEN).expect("an array");
    let (sender, receiver) = channel::<u32>().expect("a channel");
    let child = process::spawn(move || {
        // A child of its own has as little of it.
        let grandchild = process::spawn(|| shared_mappings(process::current().pid()));
        let sizes = grandchild.expect("a process").join().expect("sizes");
        receiver.recv().expect("a word");
        sizes
    });
    let child = child.expect("a process");
    wait_until("the child has given it back", || {
        !shared_mappings(child.pid()).contains(&LEN)
    });
    assert!(shared_mappings(process::current().pid()).contains(&LEN));
    drop(array);
    assert!(!shared_mappings(process::current().pid()).contains(&LEN));
    sender.send(1).expect("sent");
    assert!(!child.join().expect("sizes").contains(&LEN));
}
