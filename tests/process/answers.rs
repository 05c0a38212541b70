//! What a child answers, and how it arrives.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::rc::Rc;

use multiprocessing::process::{self, spawn};
use multiprocessing::{Cause, Error, Portable};
use serde::{Deserialize, Serialize};

use crate::support::circumstances::wait_until;

const MIB: usize = 1 << 20;

fn arrives<T: Portable + Clone + PartialEq + std::fmt::Debug>(value: T) {
    let copy = value.clone();
    let child = spawn(move || copy).expect("a child");
    assert_eq!(child.join().expect("an answer"), value);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle { radius: f64 },
    Group(Vec<Shape>),
}

pub(crate) fn of_all_kinds() {
    arrives(());
    arrives(true);
    arrives(-1i8);
    arrives(u64::MAX);
    arrives(i128::MIN);
    arrives(f32::MIN_POSITIVE);
    arrives('ü');
    arrives(String::new());
    arrives("Grüße".to_owned());
    arrives(vec![0.5, -0.0, f64::INFINITY]);
    arrives(vec![String::from("a"), String::new()]);
    arrives(Some(None::<u8>));
    arrives(Ok::<u32, String>(7));
    arrives(Err::<u32, String>("no".into()));
    arrives([[1u16; 32]; 32]);
    arrives(BTreeMap::from([(1, (2, "three".to_owned()))]));
    arrives(Shape::Group(vec![
        Shape::Point,
        Shape::Circle { radius: 1.5 },
        Shape::Group(Vec::new()),
    ]));
}

pub(crate) fn none_is_too_long_or_too_nested() {
    // Around the length up to which an answer needs no file.
    for len in [4000, 4087, 4088, 4089, 4096, 5000] {
        arrives(vec![7u8; len]);
        arrives("x".repeat(len));
        arrives(vec![Some(7u8); len / 2]);
    }
    arrives((0..8 * MIB as u64).collect::<Vec<_>>());
    let nested = (0..1000).fold(Shape::Point, |inner, _| Shape::Group(vec![inner]));
    arrives(nested);
}

pub(crate) fn a_long_one_waits_for_its_reader() {
    let mut child = spawn(|| vec![7u8; 64 * MIB]).expect("a child");
    wait_until("the child has ended", || !child.is_running());
    assert!(child.join().expect("an answer") == vec![7u8; 64 * MIB]);
}

pub(crate) fn a_captured_value_need_not_be_send() {
    let shared = Rc::new(Cell::new(1));
    let copy = Rc::clone(&shared);
    let child = spawn(move || {
        copy.set(copy.get() + 41);
        copy.get()
    });
    assert_eq!(child.expect("a child").join().expect("an answer"), 42);
    assert_eq!(shared.get(), 1);
}

/// Three bytes for each of its elements, which take up one in memory.
type Dense = [[Option<Option<Option<bool>>>; 32]; 32];

pub(crate) fn encoded_longer_than_in_memory() {
    let dense: Dense = [[Some(Some(Some(true))); 32]; 32];
    arrives(dense);
}

#[derive(Debug, Serialize, Deserialize)]
struct NotEncodable(#[serde(serialize_with = "refuse")] u32);

fn refuse<S: serde::Serializer>(_: &u32, _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("secret"))
}

pub(crate) fn that_cannot_be_encoded() {
    let error = spawn(|| NotEncodable(1))
        .expect("a child")
        .join()
        .unwrap_err();
    let Error::Child(child) = &error else {
        panic!("{error}")
    };
    assert!(matches!(child.cause, Cause::Encode(_)), "{error}");
    assert!(error.to_string().contains("NotEncodable"), "{error}");
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum NotDecodable {
    Number(u32),
}

pub(crate) fn that_cannot_be_decoded() {
    let child = spawn(|| NotDecodable::Number(1)).expect("a child");
    let error = child.join().unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error}");
    assert!(error.to_string().contains("NotDecodable"), "{error}");
}

/// Reading as many bytes as the file claims to have would take all memory.
pub(crate) fn a_file_that_was_made_longer_than_it_is_filled() {
    let child = spawn(|| {
        let files = fs::read_dir("/proc/self/fd").expect("descriptors");
        let mut files = files.map(|file| file.expect("a descriptor").path());
        let answer = files.find(|file| {
            let name = fs::read_link(file).unwrap_or_default();
            name.to_string_lossy().contains("memfd:answer")
        });
        let answer = File::options()
            .write(true)
            .open(answer.expect("the answer's file"));
        let lengthened = answer.expect("a file").set_len(1 << 40);
        lengthened.expect("no seal against growing");
        vec![7u8; MIB]
    });
    let error = child.expect("a child").join().unwrap_err();
    let Error::Child(child) = &error else {
        panic!("{error}")
    };
    assert!(matches!(child.cause, Cause::Encode(_)), "{error}");
    assert!(error.to_string().contains("corrupt"), "{error}");
}

pub(crate) fn many_in_a_row() {
    for round in 0..200 {
        let children = [(); 3].map(|()| spawn(move || (round, "x".repeat(round))));
        for child in children {
            let answer = child.expect("a child").join().expect("an answer");
            assert_eq!(answer, (round, "x".repeat(round)));
        }
    }
    assert_eq!(process::current().name(), "MainProcess");
}
