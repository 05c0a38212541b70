//! A condition: a cook waits until there are three eggs.

use multiprocessing::{Condition, Error, Mutex, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let eggs = Mutex::new(0)?;
    let one_more = Condition::new()?;

    let mut hens = Vec::new();
    for _ in 0..3 {
        let (eggs, one_more) = (eggs.clone(), one_more.clone());
        hens.push(process::spawn(move || {
            *eggs.lock().expect("nobody dies with the lock") += 1;
            one_more.notify_one();
        })?);
    }

    // While it waits, others have the lock; when it goes on, it has the
    // lock again.
    let eggs = one_more.wait_while(eggs.lock()?, |eggs| *eggs < 3)?;
    println!("An omelette of {eggs} eggs.");
    drop(eggs);
    for hen in hens {
        hen.join()?;
    }
    Ok(())
}
