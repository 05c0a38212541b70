//! What children do with what they are lent.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use multiprocessing::process::{scope, spawn};
use multiprocessing::{Array, Error};
use nix::sys::signal::{Signal, raise};

pub(crate) fn of_each_element() {
    let mut array = Array::from_slice(&[2, 3, 6, 7, 8]).expect("an array");
    let mut elements = array.lend_mut().into_iter();
    assert_eq!(elements.len(), 5);
    elements.next();
    assert_eq!(elements.len(), 4);
    scope(|s| {
        for x in elements {
            s.spawn_with(x, |x| *x *= *x);
        }
    })
    .expect("no error");
    assert_eq!(*array, [2, 9, 36, 49, 64]);
}

pub(crate) fn of_chunks() {
    let mut array: Array<usize> = Array::new(10_000).expect("an array");
    scope(|s| {
        for (number, chunk) in array.lend_mut().chunks(3000).enumerate() {
            s.spawn_with(chunk, move |chunk| chunk.fill(number));
        }
    })
    .expect("no error");
    let lengths = [0, 1, 2, 3].map(|number| array.iter().filter(|&&x| x == number).count());
    assert_eq!(lengths, [3000, 3000, 3000, 1000]);
    assert!(array.is_sorted());
}

pub(crate) fn of_both_sides_of_a_split() {
    let mut array: Array<u8> = Array::new(5).expect("an array");
    let (none, all) = array.lend_mut().split_at(0);
    assert!(none.is_empty());
    let (left, right) = all.split_at(2);
    assert_eq!((left.len(), right.len()), (2, 3));
    scope(|s| {
        s.spawn_with(left, |left| left.fill(1));
        s.spawn_with(right, |right| right.fill(2));
    })
    .expect("no error");
    assert_eq!(*array, [1, 1, 2, 2, 2]);
}

pub(crate) fn of_several_arrays() {
    let factors = Array::from_slice(&[10, 20]).expect("an array");
    let mut first = Array::from_slice(&[1, 2]).expect("an array");
    let mut second: Array<i64> = Array::new(2).expect("an array");
    scope(|s| {
        for (x, y) in first.lend_mut().into_iter().zip(second.lend_mut()) {
            s.spawn_with((x, y, factors.lend(), factors.lend()), |(x, y, f, g)| {
                *y = *x * f[0] * g[1];
                *x = 0;
            });
        }
    })
    .expect("no error");
    assert_eq!((&*first, &*second), (&[0, 0][..], &[200, 400][..]));
}

pub(crate) fn to_many_readers() {
    let array = Array::from_slice(&[1, 2, 3]).expect("an array");
    let loan = array.lend();
    let sums = scope(|s| {
        let children = [(); 3].map(|()| s.spawn_with(loan, |n| n.iter().sum::<i32>()));
        // The owner may read as well.
        assert_eq!(array[2], 3);
        children.map(|child| child.join().expect("an answer"))
    });
    assert_eq!(sums.expect("no error"), [6, 6, 6]);
}

pub(crate) fn of_elements_without_size() {
    let mut array: Array<()> = Array::new(3).expect("an array");
    let units = scope(|s| {
        let children: Vec<_> = array
            .lend_mut()
            .into_iter()
            .map(|unit| s.spawn_with(unit, |unit| *unit))
            .collect();
        children
            .into_iter()
            .map(|child| child.join().is_ok())
            .collect::<Vec<_>>()
    });
    assert_eq!(units.expect("no error"), [true; 3]);
}

pub(crate) fn a_split_behind_the_end_panics() {
    let mut array: Array<u8> = Array::new(2).expect("an array");
    let split = catch_unwind(AssertUnwindSafe(|| array.lend_mut().split_at(3).0.len()));
    assert!(split.is_err());
}

pub(crate) fn chunks_of_nothing_panic() {
    let mut array: Array<u8> = Array::new(2).expect("an array");
    let chunks = catch_unwind(AssertUnwindSafe(|| array.lend_mut().chunks(0).count()));
    assert!(chunks.is_err());
}

pub(crate) fn what_a_child_wrote_before_it_died_stays() {
    let mut array: Array<u8> = Array::new(2).expect("an array");
    let result = scope(|s| {
        s.spawn_with(array.lend_mut(), |array| {
            array[0] = 1;
            raise(Signal::SIGKILL).expect("raised");
            array[1] = 2;
        });
    });
    assert!(result.is_err());
    assert_eq!(*array, [1, 0]);
}

pub(crate) fn again_and_again() {
    let mut array: Array<u32> = Array::new(1).expect("an array");
    for _ in 0..100 {
        array[0] += 1;
        scope(|s| {
            s.spawn_with(array.lend_mut(), |array| array[0] += 1);
        })
        .expect("no error");
    }
    assert_eq!(*array, [200]);
}

pub(crate) fn an_inherited_array_is_refused() {
    let mut array = Array::from_slice(&[1, 2]).expect("an array");
    let look = scope(|s| s.spawn(|| array[0]).join()).expect("no error");
    let error = look.unwrap_err().to_string();
    assert!(
        error.contains("lend it to a child with `spawn_with`"),
        "{error}"
    );
    let write = scope(|s| s.spawn(|| array[0] = 9).join());
    assert!(write.expect("no error").is_err());
    let lend = scope(|s| {
        let child = s.spawn(|| {
            let error = scope(|s| {
                s.spawn_with(array.lend_mut(), |array| array[0] = 9);
            });
            matches!(error, Err(Error::Inherited { what: "array" }))
        });
        child.join()
    });
    assert!(lend.expect("no error").expect("an answer"));
    assert_eq!(*array, [1, 2]);
}

pub(crate) fn an_inherited_loan_is_refused() {
    let mut array = Array::from_slice(&[1, 2]).expect("an array");
    let refused = scope(|s| {
        let (first, second) = array.lend_mut().split_at(1);
        let child = s.spawn_with(first, move |first| {
            first[0] = 7;
            let error = scope(|s| {
                s.spawn_with(second, |second| second[0] = 9);
            });
            matches!(error, Err(Error::Inherited { what: "array" }))
        });
        child.join()
    });
    assert!(refused.expect("no error").expect("an answer"));
    assert_eq!(*array, [7, 2]);
}

pub(crate) fn an_inherited_array_is_dropped_without_harm() {
    let array = Rc::new(Array::from_slice(&[1, 2]).expect("an array"));
    let copy = Rc::clone(&array);
    // In the child, the copy is the last but for the parent's, which nobody drops there.
    spawn(move || drop(copy))
        .expect("a child")
        .join()
        .expect("an answer");
    let other = Array::from_slice(&[3]).expect("an array");
    // Moved: each process drops the array of its own.
    spawn(move || drop(other))
        .expect("a child")
        .join()
        .expect("an answer");
    assert_eq!(**array, [1, 2]);
}
