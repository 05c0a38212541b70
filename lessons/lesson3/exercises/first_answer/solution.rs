//! `join` waits for one process, and we do not know for which. A channel does not care who sends:
//! the first answer that is sent is the first that is received. So each process sends its answer,
//! instead of returning it.
//!
//! If all oracles crash, no sender is left, and `recv` returns an error instead of waiting for ever.
//! For that the parent has to drop its own sender.
//!
//! Nobody is joined. A handle that is dropped kills its process, and all are dropped at the end of
//! the function, among them those of oracles that would never have ended.
//!
//! One could also go round the processes with `join_timeout` until one has an answer. That costs
//! time whenever nobody has one.

use multiprocessing::{Error, channel, process};

pub(crate) fn first_answer(oracles: Vec<fn() -> u32>) -> Result<Option<u32>, Error> {
    let (sender, answers) = channel()?;
    let mut asked = Vec::new();
    for oracle in oracles {
        let sender = sender.clone();
        asked.push(process::spawn(move || {
            // If nobody listens any more, it came too late.
            let _ = sender.send(oracle());
        })?);
    }
    drop(sender);

    Ok(answers.recv().ok())
}
