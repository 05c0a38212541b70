//! Inputs that are drawn while results are returned.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use multiprocessing::Error;
use multiprocessing::process::current;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::methods::pool_of;

const WORKERS: usize = 2;

/// The most that may be drawn and not yet returned.
const WINDOW: usize = WORKERS + 32;

pub(crate) fn draws_only_a_little_ahead() {
    let mut pool = pool_of(WORKERS);
    for is_ordered in [true, false] {
        let drawn = Cell::new(0);
        let inputs = (0..50_000_u64).inspect(|_| drawn.set(drawn.get() + 1));
        let task = |x: u64| x * 2;
        let results = if is_ordered {
            pool.imap(task, inputs)
        } else {
            pool.imap_unordered(task, inputs)
        };
        let mut sum = 0;
        for (returned, result) in results.expect("results").enumerate() {
            sum += result.expect("a result");
            assert!(drawn.get() <= returned + 1 + WINDOW);
        }
        assert_eq!(sum, 50_000 * 49_999);
    }
}

pub(crate) fn a_panic_in_the_iterator_reaches_the_caller() {
    let mut pool = pool_of(WORKERS);
    let inputs = (0..20).inspect(|x| assert_ne!(*x, 5, "five"));
    let mut results = pool.imap(|x: u32| x, inputs).expect("results");
    // What was due before it comes before it.
    for x in 0..5 {
        let result = results.next().expect("one more");
        assert_eq!(result.expect("a result"), x);
    }
    let panic = catch_unwind(AssertUnwindSafe(|| results.next())).expect_err("a panic");
    assert!(
        panic
            .downcast_ref::<String>()
            .expect("a text")
            .contains("five")
    );
    // The input is lost, and nothing else.
    let rest: Vec<u32> = results.map(|result| result.expect("a result")).collect();
    assert!(rest.into_iter().eq(6..20));
    assert_eq!(pool.apply(|x: u32| x + 1, 1).expect("a result"), 2);
}

/// A value that can't be encoded if it is odd, and whose decoding panics in the caller if it is
/// divisible by 10.
#[derive(Debug, PartialEq)]
struct Delicate(u32);

impl Serialize for Delicate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0 % 2 == 1 {
            return Err(serde::ser::Error::custom("it is odd"));
        }
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Delicate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = u32::deserialize(from)?;
        let in_caller = current().name() == "MainProcess";
        assert!(!(in_caller && value % 10 == 0), "{value} is decoded");
        Ok(Self(value))
    }
}

/// The results before and after it come all the same.
pub(crate) fn an_input_that_cannot_be_sent() {
    let mut pool = pool_of(WORKERS);
    let results = pool.imap(|x: Delicate| x.0, (0..100).map(Delicate));
    for (x, result) in results.expect("results").enumerate() {
        match result {
            Ok(y) => assert_eq!(y as usize, x),
            Err(error) => assert!(
                x % 2 == 1 && matches!(error, Error::Encode { .. }),
                "{error}"
            ),
        }
    }
    let results = pool.imap_unordered(|x: Delicate| x.0, (0..100).map(Delicate));
    let (good, bad): (Vec<_>, Vec<_>) = results.expect("results").partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (50, 50));
}

pub(crate) fn a_panic_in_the_decoding_of_a_result() {
    let mut pool = pool_of(WORKERS);
    for _ in 0..100 {
        let mut results = pool
            .imap(|x: u32| Delicate(2 * x), 0..100)
            .expect("results");
        for x in 0..100 {
            let result = catch_unwind(AssertUnwindSafe(|| results.next()));
            match result {
                Ok(result) => {
                    let result = result.expect("one more").expect("a result");
                    assert_eq!(result, Delicate(2 * x));
                }
                Err(_) => assert_eq!(x % 5, 0),
            }
        }
        assert!(results.next().is_none());
    }
}

/// The engine is not in use while the caller's code runs.
pub(crate) fn an_iterator_that_waits_for_other_results() {
    let mut pool = pool_of(WORKERS);
    let first: Result<Vec<_>, _> = (0..100)
        .map(|x| pool.apply_async(|x: u32| x + 1, x))
        .collect();
    let inputs = first.expect("tasks").into_iter();
    let inputs = inputs.map(|result| result.get().expect("a result"));
    let results = pool.imap(|x: u32| x * 2, inputs).expect("results");
    let results: Result<Vec<u32>, _> = results.collect();
    assert!(
        results
            .expect("results")
            .into_iter()
            .eq((0..100).map(|x| 2 * (x + 1)))
    );
}

/// Inputs of 8 MiB, and results of so much: not more than 64 MiB are there at a time, or one more
/// than there are workers.
pub(crate) fn draws_little_ahead_of_what_is_large() {
    let large = |size: usize| vec![1_u8; size << 20];
    let mut pool = pool_of(WORKERS);
    for (size, most) in [(8, 8), (40, WORKERS + 1)] {
        let drawn = Cell::new(0);
        let inputs = (0..24).map(|_| {
            drawn.set(drawn.get() + 1);
            large(size)
        });
        let results = pool.imap(|x: Vec<u8>| x.len(), inputs).expect("results");
        for (returned, result) in results.enumerate() {
            assert_eq!(result.expect("a result"), size << 20);
            // The first ones are drawn before it is known how large they are.
            assert!(
                drawn.get() <= (returned + 1 + most).max(2 * WORKERS),
                "{}",
                drawn.get()
            );
        }
        drawn.set(0);
        let inputs = (0..24)
            .inspect(|_| drawn.set(drawn.get() + 1))
            .map(|_| size);
        let results = pool
            .imap(|size| vec![1_u8; size << 20], inputs)
            .expect("results");
        for (returned, result) in results.enumerate() {
            assert_eq!(result.expect("a result").len(), size << 20);
            assert!(
                drawn.get() <= (returned + 1 + most).max(2 * WORKERS),
                "{}",
                drawn.get()
            );
        }
    }
}
