//! Results in the order of the inputs, or as they become available.

use multiprocessing::{Error, Pool, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut pool = Pool::new(2)?;
    let numbers = [32, 1, 2, 3];

    // ANCHOR: order
    // The first task takes longest. `map` returns its result first all the
    // same.
    println!("map: {:?}", pool.map(fibonacci, numbers)?);

    // `imap_unordered` hands out each result when it is there, so that of
    // the first task comes late.
    for result in pool.imap_unordered(fibonacci, numbers)? {
        println!("imap_unordered: {}", result?);
    }
    // ANCHOR_END: order
    Ok(())
}

/// The slow way: the larger the number, the longer it takes.
fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}
