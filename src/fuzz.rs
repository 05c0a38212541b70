//! Random tests. `FUZZ_ROUNDS` in the environment sets how long they run, and `FUZZ_SEED` repeats
//! one.

use fastrand::Rng;

/// Runs `round` `usual` times, unless the environment says how often.
pub(crate) fn rounds(usual: u64, mut round: impl FnMut(&mut Rng)) {
    let rounds = setting("FUZZ_ROUNDS").unwrap_or(usual);
    let first = setting("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    for seed in (0..rounds).map(|i| first.wrapping_add(i)) {
        let failing = SayIfItFails(seed);
        round(&mut Rng::with_seed(seed));
        std::mem::forget(failing);
    }
}

struct SayIfItFails(u64);

impl Drop for SayIfItFails {
    fn drop(&mut self) {
        println!("To repeat this: FUZZ_ROUNDS=1 FUZZ_SEED={}", self.0);
    }
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect("a whole number"))
}

/// A number that is likely to cause trouble.
pub(crate) fn number(rng: &mut Rng) -> u64 {
    let edge = match rng.u8(..8) {
        0 => 0,
        1 => 1 << 12,
        2 => 64 << 10,
        3 => 1 << 60,
        4 => 1 << 63,
        5 => u64::MAX,
        6 => 1 << rng.u32(..64),
        _ => return rng.u64(..),
    };
    edge.wrapping_add(rng.u64(..20)).wrapping_sub(10)
}

/// Bytes that make little sense, or none.
pub(crate) fn bytes(rng: &mut Rng) -> Vec<u8> {
    let len = rng.usize(..100);
    // Small bytes are more often mistaken for kinds and lengths.
    let most = if rng.bool() { 4 } else { u8::MAX };
    std::iter::repeat_with(|| rng.u8(..=most))
        .take(len)
        .collect()
}

/// Changes something in `bytes`.
pub(crate) fn spoil(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..=bytes.len());
    match rng.u8(..5) {
        0 => bytes.truncate(at),
        1 => drop(bytes.splice(at..at, self::bytes(rng))),
        2 => plant(bytes, at, &number(rng).to_le_bytes()),
        // A large length, as serde's format writes it.
        3 => plant(
            bytes,
            at,
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
        ),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << rng.u32(..8);
            }
        }
    }
}

fn plant(bytes: &mut [u8], at: usize, planted: &[u8]) {
    for (to, byte) in bytes[at..].iter_mut().zip(planted) {
        *to = *byte;
    }
}
