//! Rayon is used before a pool is made, in its workers, and afterwards.

use multiprocessing::{Error, Pool, StartMethod, process};
use rayon::prelude::*;

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    // Rayon starts its threads when it is first used, and keeps them.
    println!("here, before: {}", sum_of_squares(1000));
    if let Err(Error::ThreadsRunning { .. }) = Pool::new(2) {
        println!("A pool of forks is refused now.");
    }

    let mut pool = Pool::builder()
        .workers(2)
        .start_method(StartMethod::ForkServer)
        .build()?;
    // Each worker gets rayon's threads of its own.
    println!("in workers: {:?}", pool.map(sum_of_squares, [10, 100])?);
    println!("here, after: {}", sum_of_squares(1000));

    // Threads run, and yet a dead worker is replaced.
    if let Err(error) = pool.apply(abort, ()) {
        println!("{error}");
    }
    println!("in workers: {:?}", pool.map(sum_of_squares, [10, 100])?);
    Ok(())
}

fn sum_of_squares(last: u64) -> u64 {
    (1..=last).into_par_iter().map(|x| x * x).sum()
}

fn abort((): ()) {
    std::process::abort();
}
