//! Work that keeps a core busy, and the number of cores.

use std::ops::Range;
use std::thread;

/// Counts the primes among `numbers`, in the slowest honest way: it divides and divides.
pub fn count_primes(numbers: Range<u64>) -> u64 {
    let is_prime = |&n: &u64| n > 1 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0);
    numbers.filter(is_prime).count() as u64
}

/// How many cores this program may use.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
