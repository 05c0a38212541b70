//! Pools whose workers inherit nothing.

use multiprocessing::pool::Builder;
use multiprocessing::{Pool, StartMethod};

use super::METHODS;

pub(super) fn pool(method: StartMethod) -> Builder {
    Pool::builder().workers(2).start_method(method)
}

#[test]
fn all_calls() {
    for method in METHODS {
        let mut pool = pool(method).build().unwrap();
        let squares = pool.map(|x: u64| x * x, 0..1000).unwrap();
        assert!(squares.into_iter().eq((0..1000).map(|x| x * x)));
        assert_eq!(
            pool.apply(|text: String| text.len(), "four".to_owned())
                .unwrap(),
            4
        );
        let lengths = pool.imap(
            |text: String| text.repeat(2),
            ["a".to_owned(), "b".repeat(100_000)],
        );
        let lengths: Result<Vec<_>, _> = lengths
            .unwrap()
            .map(|text| text.map(|text| text.len()))
            .collect();
        assert_eq!(lengths.unwrap(), [2, 200_000]);
        pool.close().unwrap();
    }
}
