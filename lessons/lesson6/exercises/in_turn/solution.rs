//! The processes stand in a row, and between each two there is a channel. A process works, waits for
//! the word from the one before it, speaks, and passes the word on. The first waits for nobody. So
//! all work at the same time, and only the speaking has an order.
//!
//! If a process dies, its sender is gone with it. Then the one behind it does not wait for ever:
//! `recv` returns an error, and `expect` ends it, with the whole row after it. The parent hears of
//! the first of them.
//!
//! The last process passes the word on to nobody. The other end of its channel is still in the
//! parent, in `before`, so sending is no error.

use multiprocessing::{Error, Receiver, channel, process};

pub(crate) fn speak_in_turn(numbers: Vec<u32>, work: fn(u32), say: fn(u32)) -> Result<(), Error> {
    let mut children = Vec::new();
    let mut before: Option<Receiver<()>> = None;
    for number in numbers {
        let (pass_on, next) = channel()?;
        let my_turn = before.replace(next);
        children.push(process::spawn(move || {
            work(number);
            if let Some(my_turn) = my_turn {
                my_turn.recv().expect("the one before me speaks");
            }
            say(number);
            pass_on.send(()).expect("somebody is behind me");
        })?);
    }

    for child in children {
        child.join()?;
    }
    Ok(())
}
