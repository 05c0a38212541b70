//! Tests of `multiprocessing::shared`.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst};

use crate::support::circumstances::wait_until;
use multiprocessing::process::Process;
use multiprocessing::{Shared, process};

fn no_update_is_lost() {
    let counter = Shared::new(AtomicU64::new(5)).unwrap();
    let mut children = Vec::new();
    for _ in 0..4 {
        let counter = counter.clone();
        children.push(
            process::spawn(move || {
                for _ in 0..100_000 {
                    counter.fetch_add(1, SeqCst);
                }
            })
            .unwrap(),
        );
    }
    for child in children {
        child.join().unwrap();
    }
    assert_eq!(counter.load(SeqCst), 400_005);
}

fn arrays_and_tuples_are_shared_whole() {
    let slots = Shared::new([const { AtomicUsize::new(0) }; 100]).unwrap();
    let pair = Shared::new((AtomicI64::new(-1), AtomicBool::new(false))).unwrap();
    process::scope(|s| {
        for part in 0..4 {
            let (slots, pair) = (&slots, &pair);
            s.spawn(move || {
                for n in (part..100).step_by(4) {
                    slots[n].store(n * n, SeqCst);
                }
                pair.0.fetch_sub(1, SeqCst);
                pair.1.store(true, SeqCst);
            });
        }
    })
    .unwrap();
    assert!(
        slots
            .iter()
            .enumerate()
            .all(|(n, slot)| slot.load(SeqCst) == n * n)
    );
    assert_eq!((pair.0.load(SeqCst), pair.1.load(SeqCst)), (-5, true));
    assert_eq!(format!("{pair:?}"), "(-5, true)");
}

fn the_value_outlives_handles_and_processes() {
    let counter = Shared::new(AtomicU64::new(0)).unwrap();
    let other = counter.clone();
    drop(counter);
    let copy = other.clone();
    let mut child = process::spawn(move || {
        copy.store(1, SeqCst);
        loop {
            copy.fetch_add(1, SeqCst);
        }
    })
    .map(|child: Process<()>| child)
    .unwrap();
    wait_until("the child counts", || other.load(SeqCst) > 1000);
    child.kill().unwrap();
    drop(child);
    let counted = other.load(SeqCst);
    assert!(counted > 1000);
    assert_eq!(other.fetch_add(1, SeqCst), counted);
}

crate::support::tests!(
    no_update_is_lost,
    arrays_and_tuples_are_shared_whole,
    the_value_outlives_handles_and_processes,
);
