//! Results are decoded from whatever bytes a worker has left.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Deserialize;

use super::*;
use crate::fuzz;
use crate::pool::shared::encoding::prefix;

#[derive(Clone, Debug, PartialEq, serde::Serialize, Deserialize)]
enum Shape {
    Empty,
    Named { name: String, sides: Vec<f32> },
    Nested(Box<Shape>, Option<char>),
}

/// The results as a worker writes them.
fn encoded<R: Portable>(results: &[R]) -> Vec<u8> {
    if wire::fixed_size::<R>().is_some() {
        let values = wire::all_as_bytes(results).expect("they lie as they are encoded");
        return [values, &vec![VALUE; results.len()]].concat();
    }
    let mut out = Vec::new();
    for result in results {
        let bytes = wire::encoded(result).expect("it can be encoded");
        let head = prefix::<R>(&bytes).expect("lengths differ");
        out.extend([&[VALUE], &head[..], &bytes].concat());
    }
    out
}

/// Reads the first `count` results of `offered`.
#[track_caller]
fn read<R: Portable>(bytes: &[u8], offered: u64, count: u64) -> Vec<Result<R, TaskError>> {
    let failure = |i, cause| {
        let worker = crate::error::ChildError {
            beside_threads: false,
            name: "worker".to_owned(),
            pid: 1,
            cause,
        };
        let index = i as usize;
        Box::new(TaskError { index, worker })
    };
    let mut results: Vec<Result<R, TaskError>> = Vec::new();
    read_results::<R>(bytes, offered, count, failure, &mut results).expect("it takes all");
    assert_eq!(results.len() as u64, count);
    for (place, result) in results.iter().enumerate() {
        assert!(
            result
                .as_ref()
                .err()
                .is_none_or(|error| error.index == place)
        );
    }
    results
}

/// What was written is read back. Bytes that were corrupted, or never made sense, give one outcome
/// for each item. An unchecked length would ask for more memory than there is, and end the test.
fn test<R: Portable + Clone + PartialEq + std::fmt::Debug>(example: &[R]) {
    fuzz::rounds(300, |rng| {
        let results: Vec<R> = (0..rng.usize(..6))
            .filter_map(|_| rng.choice(example).cloned())
            .collect();
        let mut bytes = encoded(&results);
        let all = results.len() as u64;
        for count in [all, all / 2] {
            let read_back: Result<Vec<R>, _> = read(&bytes, all, count).into_iter().collect();
            assert_eq!(
                read_back.expect("nothing is spoiled"),
                results[..count as usize]
            );
        }

        for _ in 0..rng.u8(1..4) {
            fuzz::spoil(&mut bytes, rng);
        }
        for bytes in [&bytes, &fuzz::bytes(rng)] {
            let offered = rng.u64(1..20);
            read::<R>(bytes, offered, rng.u64(..=offered));
        }
    });
}

#[test]
fn plain_results() {
    test(&[(), ()]);
    test(&[0_u8, 1, 255]);
    test(&[-1_i64, 0, i64::MAX]);
    test(&[0.0_f64, -1.5]);
    test(&[u128::MAX, 1]);
    test(&["", "text", "größer"].map(str::to_owned));
    test(&[vec![], vec![1_u8, 2, 3]]);
    test(&[vec![], vec![1_i64; 5]]);
}

#[test]
fn results_of_all_shapes() {
    test(&[true, false]);
    test(&['a', 'ß']);
    test(&[None, Some(7_u32)]);
    test(&[Ok(1_u64), Err("reason".to_owned())]);
    test(&[(1_u8, "two".to_owned(), 3.0_f32)]);
    test(&[vec!["a".to_owned(), String::new()], vec![]]);
    test(&[vec![vec![1_u16], vec![]], vec![]]);
    test(&[HashMap::from([("one".to_owned(), 1_u64)]), HashMap::new()]);
    test(&[BTreeMap::from([(1_i32, vec![2_i32])])]);
    test(&[Duration::from_millis(1500)]);
    let shape = Shape::Named {
        name: "square".to_owned(),
        sides: vec![1.0; 4],
    };
    let nested = Shape::Nested(Box::new(shape.clone()), Some('x'));
    test(&[Shape::Empty, shape, nested]);
}
