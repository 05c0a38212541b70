//! What can't be started.

use multiprocessing::{Error, Obstacle};

use super::{METHODS, by};

fn obstacle<T: std::fmt::Debug>(result: Result<T, Error>) -> Obstacle {
    match result {
        Err(Error::StartMethod { obstacle, .. }) => obstacle,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_closure_that_captures() {
    for method in METHODS {
        let captured = std::hint::black_box(6);
        let result = by(method).name("Ada").spawn(move || captured * 7);
        let text = result.as_ref().unwrap_err().to_string();
        assert!(
            text.starts_with("Ada was not started: ") && text.contains("spawn_fn"),
            "{text}"
        );
        assert_eq!(obstacle(result), Obstacle::Captures);
    }
}
