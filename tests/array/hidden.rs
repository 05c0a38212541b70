//! References into an array that a child inherits without being lent anything.
//!
//! No type can stop all of these. Whoever uses one must die of it, before it reads or writes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;

use multiprocessing::process::{ScopedProcess, scope, spawn};
use multiprocessing::{Array, Cause, Error, Portable, Signal};

fn numbers() -> Array<u32> {
    Array::from_slice(&[1, 2, 3]).expect("an array")
}

#[track_caller]
fn is_killed_for_it<T>(result: Result<T, Error>) {
    match result.map(drop) {
        Err(Error::Child(error)) => assert_eq!(error.cause, Cause::Signal(Signal(11))),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn child_is_killed_for_it<T: Portable>(child: ScopedProcess<'_, T>) {
    is_killed_for_it(child.join());
}

pub(crate) fn in_a_mutex() {
    let mut array = numbers();
    let guarded = Mutex::new(&mut array[..]);
    scope(|s| {
        child_is_killed_for_it(s.spawn(|| guarded.lock().expect("unpoisoned")[0] = 9));
        child_is_killed_for_it(s.spawn(|| guarded.lock().expect("unpoisoned")[0]));
        guarded.lock().expect("unpoisoned")[1] = 5;
    })
    .expect("no error");
    assert_eq!(*array, [1, 5, 3]);
}

pub(crate) fn in_a_shared_cell() {
    let mut array = numbers();
    let cell = Rc::new(RefCell::new(&mut array[..]));
    let copy = Rc::clone(&cell);
    scope(|s| {
        child_is_killed_for_it(s.spawn(move || copy.borrow_mut()[0] = 9));
        cell.borrow_mut()[1] = 5;
    })
    .expect("no error");
    assert_eq!(*array, [1, 5, 3]);
}

pub(crate) fn leaked() {
    let array: &'static mut Array<u32> = Box::leak(Box::new(numbers()));
    let slice: &'static mut [u32] = &mut *array;
    let cell = Rc::new(RefCell::new(slice));
    let copy = Rc::clone(&cell);
    is_killed_for_it(
        spawn(move || copy.borrow_mut()[0] = 9)
            .expect("a child")
            .join(),
    );
    assert_eq!(**cell.borrow(), [1, 2, 3]);
}

pub(crate) fn in_a_static() {
    static HIDDEN: Mutex<Option<&'static mut [u32]>> = Mutex::new(None);
    let write = || {
        let mut hidden = HIDDEN.lock().expect("unpoisoned");
        hidden.as_mut().expect("a slice")[0] += 8;
    };
    *HIDDEN.lock().expect("unpoisoned") = Some(&mut *Box::leak(Box::new(numbers())));
    is_killed_for_it(spawn(write).expect("a child").join());
    write();
    let hidden = HIDDEN.lock().expect("unpoisoned");
    assert_eq!(hidden.as_deref(), Some(&[9, 2, 3][..]));
}

pub(crate) fn in_a_capture_that_was_not_lent() {
    let mut array = numbers();
    let elements: Vec<&mut u32> = array.iter_mut().collect();
    scope(|s| {
        for x in elements {
            child_is_killed_for_it(s.spawn(move || *x *= 2));
        }
    })
    .expect("no error");
    assert_eq!(*array, [1, 2, 3]);
}

pub(crate) fn from_a_child_that_was_lent_another() {
    let mut array = numbers();
    let mut other = numbers();
    let hidden = RefCell::new(&mut array[..]);
    scope(|s| {
        let child = s.spawn_with(other.lend_mut(), |other| {
            other[0] = 7;
            hidden.borrow_mut()[0] = 9;
            other[1] = 8;
        });
        child_is_killed_for_it(child);
    })
    .expect("no error");
    assert_eq!((&*array, &*other), (&[1, 2, 3][..], &[7, 2, 3][..]));
}

pub(crate) fn from_a_grandchild() {
    let mut array = numbers();
    scope(|s| {
        s.spawn_with(array.lend_mut(), |lent| {
            let hidden = RefCell::new(&mut *lent);
            scope(|s| child_is_killed_for_it(s.spawn(|| hidden.borrow_mut()[0] = 9)))
                .expect("no error");
            lent[1] = 5;
        });
    })
    .expect("no error");
    assert_eq!(*array, [1, 5, 3]);
}

pub(crate) fn from_a_child_of_a_reader() {
    let array = numbers();
    scope(|s| {
        s.spawn_with(array.lend(), |lent| {
            scope(|s| child_is_killed_for_it(s.spawn(|| lent[0]))).expect("no error");
            assert_eq!(lent[0], 1);
        });
    })
    .expect("no error");
}
