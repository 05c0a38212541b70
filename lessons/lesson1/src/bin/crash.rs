//! A crash stays inside its process: the other processes go on, and the
//! parent learns of it.

use multiprocessing::process::{self, Builder};
use multiprocessing::{Error, Event};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let both_dead = Event::new()?;
    let told = both_dead.clone();

    // ANCHOR: children
    let aborts = Builder::new()
        .name("Aborting")
        .spawn(|| std::process::abort())?;
    let panics = Builder::new().name("Panicking").spawn(divide_by_zero)?;
    let goes_on = Builder::new().name("Steady").spawn(move || {
        told.wait();
        6 * 7
    })?;
    // ANCHOR_END: children

    report::<()>("Aborting", aborts.join());
    report("Panicking", panics.join());
    both_dead.set();
    report("Steady", goes_on.join());

    println!("MainProcess is alive, and knows how all three ended.");
    Ok(())
}

fn divide_by_zero() -> u32 {
    // The compiler would refuse a plain 0.
    let zero = std::hint::black_box(0);
    1 / zero
}

fn report<T: std::fmt::Debug>(name: &str, ending: Result<T, Error>) {
    match ending {
        Ok(answer) => println!("{name} went on and answered {answer:?}."),
        Err(error) => println!("{error}."),
    }
}
