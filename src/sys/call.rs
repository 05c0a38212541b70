//! Attaches the names of refused system calls to their errors.

use std::fmt;
use std::io;

pub(crate) trait Named<T> {
    /// Returns the same result. If it is an error, [`name_of`] knows which `call` caused it.
    fn by(self, call: &'static str) -> io::Result<T>;
}

impl<T, E: Into<io::Error>> Named<T> for Result<T, E> {
    #[inline]
    fn by(self, call: &'static str) -> io::Result<T> {
        self.map_err(|error| named(error.into(), call))
    }
}

#[derive(Debug)]
struct Refused {
    call: &'static str,
    errno: i32,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = io::Error::from_raw_os_error(self.errno);
        write!(f, "`{}`: {error}", self.call)
    }
}

impl std::error::Error for Refused {}

#[cold]
fn named(error: io::Error, call: &'static str) -> io::Error {
    match error.raw_os_error() {
        Some(errno) => io::Error::new(error.kind(), Refused { call, errno }),
        None => error,
    }
}

/// The operating system's error, and the call that it refused, if that is known.
pub(crate) fn name_of(error: io::Error) -> (io::Error, Option<&'static str>) {
    let refused = error.get_ref().and_then(|inner| inner.downcast_ref());
    match refused {
        Some(&Refused { call, errno }) => (io::Error::from_raw_os_error(errno), Some(call)),
        None => (error, None),
    }
}
