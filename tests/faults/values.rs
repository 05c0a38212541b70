//! Values that cannot cross, and many and long ones that can.

use std::panic::panic_any;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use multiprocessing::process::current;
use multiprocessing::{Cause, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::circumstances::printed_by;
use crate::support::methods::pool_of;

/// A value that some process can't encode or decode: the workers, or the caller.
#[derive(Debug, PartialEq)]
struct Picky {
    value: u32,
    not_encoded: Where,
    not_decoded: Where,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Where {
    Nowhere,
    Worker,
    Caller,
}

impl Where {
    fn is_here(self) -> bool {
        let in_caller = current().name() == "MainProcess";
        self == if in_caller {
            Self::Caller
        } else {
            Self::Worker
        }
    }
}

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.not_encoded.is_here() {
            return Err(serde::ser::Error::custom("too picky to go"));
        }
        (self.value, self.not_encoded, self.not_decoded).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (value, not_encoded, not_decoded) = <(u32, Where, Where)>::deserialize(from)?;
        if not_decoded.is_here() {
            return Err(serde::de::Error::custom("too picky to come"));
        }
        Ok(Self {
            value,
            not_encoded,
            not_decoded,
        })
    }
}

fn picky(value: u32) -> Picky {
    Picky {
        value,
        not_encoded: Where::Nowhere,
        not_decoded: Where::Nowhere,
    }
}

/// Why the one with the number 3 of 20 gives no result. The others do.
fn cause_of_3(f: fn(Picky) -> Picky, change: fn(Picky) -> Picky) -> Cause {
    let mut pool = pool_of(2);
    let items = (0..20).map(picky);
    let items = items.map(|item| if item.value == 3 { change(item) } else { item });
    let mut results = pool.map_results(f, items).expect("results");
    let error = results.remove(3).expect_err("no result");
    assert_eq!(error.index, 3);
    for result in results {
        assert_eq!(result, Ok(picky(result.as_ref().expect("a result").value)));
    }
    error.worker.cause
}

pub(crate) fn a_result_cannot_be_decoded() {
    let task = |x: Picky| Picky {
        not_decoded: if x.value == 3 {
            Where::Caller
        } else {
            Where::Nowhere
        },
        ..x
    };
    match cause_of_3(task, |x| x) {
        Cause::Decode(reason) => {
            assert!(reason.contains("Picky"), "it names the type: {reason}");
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn a_result_cannot_be_encoded() {
    let task = |x: Picky| Picky {
        not_encoded: if x.value == 3 {
            Where::Worker
        } else {
            Where::Nowhere
        },
        ..x
    };
    match cause_of_3(task, |x| x) {
        Cause::Encode(reason) => assert!(reason.contains("Picky"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn an_argument_cannot_be_decoded() {
    let change = |x| Picky {
        not_decoded: Where::Worker,
        ..x
    };
    match cause_of_3(|x| x, change) {
        Cause::Decode(reason) => assert!(reason.contains("Picky"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

/// Nothing is run, and nothing is left on the table for the next call.
pub(crate) fn an_argument_cannot_be_encoded() {
    let printed = printed_by(|| {
        let mut pool = pool_of(2);
        let task = |x: Picky| println!("{}", x.value);
        for _ in 0..3 {
            let items = (0..20_000).map(|value| Picky {
                not_encoded: if value == 19_999 {
                    Where::Caller
                } else {
                    Where::Nowhere
                },
                ..picky(value)
            });
            let error = pool.map(task, items).unwrap_err();
            assert!(
                matches!(&error, Error::Encode { index: Some(19_999), type_name, .. } if type_name.ends_with("Picky")),
                "{error}"
            );
        }
        pool.map(task, [picky(5)]).expect("results");
        pool.close().expect("closed");
    });
    assert_eq!(printed, "5\n");
}

pub(crate) fn panics_of_all_kinds() {
    let mut pool = pool_of(2);
    let task = |x: u32| match x {
        0 => panic!("plain"),
        1 => panic!("number {x}"),
        2 => panic_any(x),
        _ => panic!("{}", "long ".repeat(10_000)),
    };
    let results = pool.map_results(task, 0..4).expect("results");
    let messages = results.into_iter().map(|result: Result<(), _>| {
        match result.expect_err("a panic").worker.cause {
            Cause::Panic(panic) => {
                assert!(panic.location.starts_with(file!()), "{}", panic.location);
                panic.message
            }
            other => panic!("{other:?}"),
        }
    });
    let messages: Vec<String> = messages.collect();
    assert_eq!(messages[..3], ["plain", "number 1", "(no message)"]);
    assert!(messages[3].starts_with("long long long "));
}

static CALLER: AtomicU32 = AtomicU32::new(0);

/// It can't be dropped in a worker.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Bomb(String);

impl Drop for Bomb {
    fn drop(&mut self) {
        let is_in_worker = std::process::id() != CALLER.load(Relaxed);
        assert!(!is_in_worker || self.0 != "1", "it went off");
    }
}

/// The worker drops a result after it has left it for the parent.
pub(crate) fn a_panic_in_the_drop_of_a_result() {
    CALLER.store(std::process::id(), Relaxed);
    let mut pool = pool_of(2);
    let task = |x: u32| Bomb(x.to_string());
    let results = pool.map_results(task, 0..400).expect("results");
    for (x, result) in results.into_iter().enumerate() {
        match result {
            Ok(bomb) => assert!(x != 1 && bomb.0 == x.to_string(), "{bomb:?} for {x}"),
            Err(error) => assert!(
                x == 1 && matches!(error.worker.cause, Cause::Panic(_)),
                "{error}"
            ),
        }
    }
    assert!(matches!(pool.apply(task, 1), Err(Error::Child(_))));
    assert_eq!(pool.apply(task, 2).expect("a result"), Bomb("2".to_owned()));
}

pub(crate) fn results_of_64_mb() {
    const LENGTH: usize = 64 << 20;
    let mut pool = pool_of(2);
    let results = pool.map(|x: u8| vec![x; LENGTH], 1..=4).expect("results");
    for (x, result) in (1..=4).zip(results) {
        assert!(result.len() == LENGTH && result.iter().all(|&y| y == x));
    }
    let length = pool.apply(|x: Vec<u8>| x.len(), vec![1; LENGTH]);
    assert_eq!(length.expect("a result"), LENGTH);
}

pub(crate) fn small_tasks_5000_at_once() {
    let mut pool = pool_of(2);
    let results: Vec<_> = (0..5000)
        .map(|x| pool.apply_async(|x: u64| x * x, x).expect("a task"))
        .collect();
    for (x, result) in (0..).zip(results) {
        assert_eq!(result.get().expect("a result"), x * x);
    }
    // More than the table has room for.
    let squares = pool.map_chunked(|x: u64| x * x, 0..50_000, 1);
    let expected = (0..50_000).map(|x| x * x);
    assert!(squares.expect("results").into_iter().eq(expected));
}

pub(crate) fn nothing_at_all() {
    let mut pool = pool_of(2);
    let none = pool.map(|x: u32| x, []).expect("no results");
    assert!(none.is_empty());
    let none = pool.imap(|x: String| x, []).expect("results").next();
    assert!(none.is_none());
    let units = pool.map(|(): ()| (), [(); 1000]).expect("results");
    assert_eq!(units.len(), 1000);
    let empty = pool.map(|x: String| x, vec![String::new(); 1000]);
    assert_eq!(empty.expect("results"), vec![String::new(); 1000]);
}

/// The type says why, and the pool which.
pub(crate) fn a_path_that_is_not_utf_8() {
    let paths = || {
        let odd = OsString::from_vec(b"caf\xe9.png".to_vec());
        [PathBuf::from("a.png"), odd.into(), "c.png".into()]
    };
    let len = |path: PathBuf| path.as_os_str().len();
    let mut pool = pool_of(2);
    let expected = "cannot send item 1, a value of type std::path::PathBuf: path contains invalid \
                    UTF-8 characters";
    assert_eq!(pool.map(len, paths()).unwrap_err().to_string(), expected);
    assert_eq!(
        pool.map_results(len, paths()).unwrap_err().to_string(),
        expected
    );
    assert_eq!(
        pool.map_chunked(len, paths(), 3).unwrap_err().to_string(),
        expected
    );
    let results: Vec<_> = pool.imap(len, paths()).expect("results").collect();
    assert_eq!(results[0].as_ref().expect("a result"), &5);
    assert_eq!(results[1].as_ref().unwrap_err().to_string(), expected);
    assert_eq!(results[2].as_ref().expect("a result"), &5);
    // As a result, too.
    let odd = |(): ()| PathBuf::from(OsString::from_vec(b"caf\xe9".to_vec()));
    let text = pool.apply(odd, ()).unwrap_err().to_string();
    assert!(
        text.ends_with("path contains invalid UTF-8 characters"),
        "{text}"
    );
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
    rest: Vec<u8>,
}

/// The bytes have no names, so the rest would arrive as the first.
pub(crate) fn a_field_that_is_left_out() {
    let sparse = |first| Sparse {
        first,
        rest: vec![1, 2, 1, 7],
    };
    let mut pool = pool_of(2);
    let error = pool.map(|x: Sparse| x, [sparse(Some(1)), sparse(None)]);
    match error.unwrap_err() {
        Error::Encode { index, reason, .. } => {
            assert_eq!(index, Some(1));
            assert!(
                reason.starts_with("its field `first` is left out"),
                "{reason}"
            );
        }
        other => panic!("{other}"),
    }
    let halve = |x: Sparse| Sparse {
        first: x.first.filter(|first| first % 2 == 0),
        ..x
    };
    let results = pool.map_results(halve, (0..4).map(|first| sparse(Some(first))));
    for (i, result) in (0..).zip(results.expect("results")) {
        match result {
            Ok(copy) => assert!(i % 2 == 0 && copy == sparse(Some(i))),
            Err(error) => assert!(
                i % 2 == 1
                    && matches!(&error.worker.cause, Cause::Encode(reason) if reason.contains("`first`")),
                "{error}"
            ),
        }
    }
}
