//! Why a value could not be encoded or decoded.

use std::fmt;

use serde::{de, ser};

/// Behind one pointer, since it is passed on by every field.
#[derive(Debug)]
pub(super) struct Failure(Box<Reason>);

#[derive(Debug)]
enum Reason {
    Format(postcard::Error),
    /// The text comes from the type, or says what the format lacks.
    Text(String),
}

impl Failure {
    #[cold]
    pub(super) fn new(text: impl fmt::Display) -> Self {
        Self(Box::new(Reason::Text(text.to_string())))
    }
}

impl From<postcard::Error> for Failure {
    #[cold]
    fn from(error: postcard::Error) -> Self {
        Self(Box::new(Reason::Format(error)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use postcard::Error::*;
        match &*self.0 {
            Reason::Format(WontImplement | NotYetImplemented | SerializeSeqLengthUnknown) => f
                .write_str(
                    "its encoding needs names or lengths that the bytes do not have (`untagged`, \
                     `tag`, `flatten` and the like do); send it as text",
                ),
            Reason::Format(other) => other.fmt(f),
            Reason::Text(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(text)
    }
}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(text)
    }
}
