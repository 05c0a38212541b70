//! A child sends a lot, and is joined before anybody receives it.

use multiprocessing::{Error, channel, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let (sender, receiver) = channel()?;
    let child = process::spawn(move || {
        for number in 0..100_000 {
            sender.send(number).expect("the parent has a receiver");
        }
    })?;

    println!("The parent waits for the child.");
    child.join()?;
    println!("The child has ended.");
    println!("It sent {} numbers.", receiver.iter().count());
    Ok(())
}
