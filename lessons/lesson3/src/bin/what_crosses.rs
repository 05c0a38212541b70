//! What may go to another process: anything to a new one, and to a pool
//! what can be sent.

use multiprocessing::{Error, Pool, process};
use std::rc::Rc;

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    // The child is a copy of this process, and has the names already.
    // Nothing is sent.
    let names = Rc::new(vec!["Ada", "Grace"]);
    let child = process::spawn(move || names.len())?;
    let length = child.join()?;
    println!("A new process: it runs a closure, with what that captures: {length}.");

    // The workers are there before the closure is, so it is sent to them:
    // its address, no more.
    let mut pool = Pool::new(2)?;
    let doubles = pool.map(|number: i32| number * 2, [1, 2, 3])?;
    println!("A pool: it runs a closure that captures nothing: {doubles:?}.");
    Ok(())
}
