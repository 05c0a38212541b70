//! What the options of the programs have in common.

use std::ops::RangeInclusive;

use clap::builder::RangedU64ValueParser;

/// Reads a number that must lie in `range`.
pub fn between(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}
