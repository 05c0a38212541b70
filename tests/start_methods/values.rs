//! What goes into a child, and what comes back.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use multiprocessing::{Cause, Error, StartMethod};
use serde::{Deserialize, Serialize};

use super::{METHODS, by};

#[test]
fn closures_without_captures_and_functions_with_an_argument() {
    fn twice(text: String) -> String {
        text.repeat(2)
    }
    for method in METHODS {
        assert_eq!(by(method).spawn(|| 6 * 7).unwrap().join().unwrap(), 42);
        let child = by(method).spawn_fn(twice, "ab".to_owned()).unwrap();
        assert_eq!(child.join().unwrap(), "abab");
        let child = by(method).spawn_fn(|(x, y): (u8, i64)| i64::from(x) - y, (1, 2));
        assert_eq!(child.unwrap().join().unwrap(), -1);
    }
}

#[test]
fn long_ones_both_ways() {
    for method in METHODS {
        let numbers: Vec<u64> = (0..300_000).collect();
        let child = by(method).spawn_fn(
            |mut numbers: Vec<u64>| {
                numbers.reverse();
                numbers
            },
            numbers.clone(),
        );
        let mut reversed = child.unwrap().join().unwrap();
        reversed.reverse();
        assert_eq!(reversed, numbers);
    }
}

#[test]
fn statics_have_their_first_values() {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    COUNT.store(2, Relaxed);
    for method in METHODS {
        let child = by(method).spawn(|| COUNT.fetch_add(1, Relaxed)).unwrap();
        assert_eq!(child.join().unwrap(), 1);
    }
}

#[derive(Serialize, Deserialize)]
#[serde(try_from = "u8")]
struct Even(u8);

impl TryFrom<u8> for Even {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, &'static str> {
        Err(if number == 1 {
            "it is odd"
        } else {
            "it is what it is"
        })
    }
}

#[test]
fn an_argument_that_cannot_be_read() {
    for method in METHODS {
        let error = by(method)
            .spawn_fn(|_: Even| (), Even(1))
            .unwrap()
            .join()
            .unwrap_err();
        let Error::Child(error) = error else {
            panic!("{error}")
        };
        assert!(
            matches!(&error.cause, Cause::Decode(why) if why.contains("Even")),
            "{error}"
        );
    }
}

#[test]
fn an_argument_that_cannot_be_sent() {
    #[derive(Deserialize)]
    struct Unwilling;
    impl Serialize for Unwilling {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it stays here"))
        }
    }
    for method in METHODS {
        let error = by(method)
            .spawn_fn(|_: Unwilling| (), Unwilling)
            .unwrap_err();
        assert!(
            matches!(&error, Error::Encode { reason, .. } if reason.contains("it stays here")),
            "{error}"
        );
    }
}

#[test]
fn from_several_threads_at_once() {
    let threads: Vec<_> = (0..8_u64)
        .map(|thread| {
            std::thread::spawn(move || {
                for i in 0..20 {
                    let method = METHODS[usize::from(i % 5 == 0)];
                    let child = by(method).spawn_fn(|(x, y): (u64, u64)| x * y, (thread, i));
                    assert_eq!(child.unwrap().join().unwrap(), thread * i);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn by_a_fork_it_need_not_be_sent_in_a_child() {
    let child = by(StartMethod::ForkServer).spawn(|| {
        // A child of the server has one thread, so it may fork.
        let captured = 5;
        let forked = by(StartMethod::Fork)
            .spawn(move || captured * 2)
            .unwrap()
            .join()
            .unwrap();
        let called = by(StartMethod::Fork).spawn_fn(|x: i32| x + 1, forked);
        called.unwrap().join().unwrap()
    });
    assert_eq!(child.unwrap().join().unwrap(), 11);
}
