//! `map` is out of the question: it wants all inputs before it begins, and these have no end. `imap`
//! draws them as it goes, and gives the results one by one, so that we can stop.
//!
//! A result is only `true` or `false`. But `imap` keeps the order: the first result belongs to the
//! first number. So a second range runs beside the results, and `zip` brings the two together.
//! `imap_unordered` would be wrong for two reasons. We would not know whose result it is, and the
//! first hit to come need not be the smallest.
//!
//! When the function returns, the iterator is dropped, and what was drawn ahead is given up.

use multiprocessing::{Error, Pool};

pub(crate) fn find(pool: &mut Pool, start: u64, is_right: fn(u64) -> bool) -> Result<u64, Error> {
    for (number, right) in (start..).zip(pool.imap(is_right, start..)?) {
        if right? {
            return Ok(number);
        }
    }
    unreachable!("the numbers have no end")
}
