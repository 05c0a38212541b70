//! A mutex: two numbers that must agree, and one process at a time that
//! changes them.

use multiprocessing::{Error, Mutex, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    // Money in two accounts.
    let accounts = Mutex::new([10_000, 0])?;

    process::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..1000 {
                    let mut accounts = accounts.lock().expect("nobody dies with the lock");
                    accounts[0] -= 1;
                    accounts[1] += 1;
                } // the guard is dropped here, which releases the lock
            });
        }
    })?;

    let [first, second] = *accounts.lock()?;
    println!("{first} and {second}");
    Ok(())
}
