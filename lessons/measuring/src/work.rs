//! Work that keeps a core busy, the number of cores, and whether others keep them busy.

use std::fs;
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

/// Why this machine can't show that `workers` are faster than one, if it can't: it has too few
/// cores, or other programs use them. To be asked before the work begins.
pub fn obstacle(workers: usize) -> Option<String> {
    if cores() < workers {
        return Some(format!(
            "{workers} workers take turns on {} core(s)",
            cores()
        ));
    }
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    let running: f64 = load.split_whitespace().next()?.parse().ok()?;
    (running > 0.5 * cores() as f64).then(|| {
        format!(
            "other programs kept {running:.1} of the {} cores busy",
            cores()
        )
    })
}
