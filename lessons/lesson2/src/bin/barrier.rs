//! A barrier: nobody reads before all have written.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use multiprocessing::{Barrier, Error, Shared, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let results = Shared::new([const { AtomicU32::new(0) }; 3])?;
    let all_are_there = Barrier::new(3)?;

    let mut children = Vec::new();
    for number in 0..3 {
        let (results, all_are_there) = (results.clone(), all_are_there.clone());
        children.push(process::spawn(move || {
            results[number].store(10 * number as u32, Relaxed);
            all_are_there.wait()?; // an error if another has died
            let sum: u32 = results.iter().map(|result| result.load(Relaxed)).sum();
            println!("Process {number} sees a sum of {sum}.");
            Ok::<(), multiprocessing::sync::BrokenBarrier>(())
        })?);
    }
    for child in children {
        child.join()??;
    }
    Ok(())
}
