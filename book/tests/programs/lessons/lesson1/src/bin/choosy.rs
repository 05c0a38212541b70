//! What a program with options looks like. It is never built: refused orders need no program.

#[derive(Parser)]
struct Options {
    /// How many workers there are
    #[arg(long, default_value_t = 4, value_parser = between(1..=16))]
    workers: usize,
}
