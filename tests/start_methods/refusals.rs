//! What can't be started.

use std::cell::Cell;

use multiprocessing::{Error, Obstacle};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::pools::pool;
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

#[test]
fn an_initializer_that_captures() {
    for method in METHODS {
        let captured = std::hint::black_box(6);
        let builder = pool(method).initializer(move || Ok::<_, String>(captured * 7));
        let result = builder.build();
        let text = result.as_ref().unwrap_err().to_string();
        assert!(text.contains("initializer_fn"), "{text}");
        assert_eq!(obstacle(result), Obstacle::Captures);
    }
}

/// It goes one way only, or none.
#[derive(Clone)]
struct Unwilling {
    can_leave: Cell<bool>,
}

impl Serialize for Unwilling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.can_leave.get() {
            true => serializer.serialize_unit(),
            false => Err(serde::ser::Error::custom("it stays here")),
        }
    }
}

impl<'de> Deserialize<'de> for Unwilling {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("it does not come in"))
    }
}

#[test]
fn an_initializers_argument_that_cannot_cross() {
    for method in METHODS {
        let build = |can_leave| {
            let can_leave = Cell::new(can_leave);
            let argument = Unwilling { can_leave };
            let builder = pool(method).initializer_fn(|_| Ok::<_, String>(()), argument);
            builder.build().unwrap_err()
        };
        let error = build(false);
        assert!(
            matches!(&error, Error::Encode { reason, .. } if reason.contains("it stays here")),
            "{error}"
        );
        let error = build(true);
        assert!(
            matches!(&error, Error::Initializer { reason, .. } if reason.contains("it does not come in")),
            "{error}"
        );
    }
}
