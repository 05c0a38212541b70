//! A channel: three processes send what they have counted to a fourth.

use multiprocessing::{Error, channel, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let (sender, receiver) = channel()?;
    let mut counters = Vec::new();
    for text in ["to be", "or not to be", "that is the question"] {
        let sender = sender.clone();
        counters.push(process::spawn(move || {
            sender.send((text.split(' ').count(), text.to_owned()))
        })?);
    }
    drop(sender); // else the loop would also wait for this process's own

    // It ends when no sender is left.
    for (words, text) in receiver {
        println!("{words} words: {text}");
    }
    for counter in counters {
        counter.join()??;
    }
    Ok(())
}
