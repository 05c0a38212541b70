//! A child is killed while it holds a lock, with its work half done.

use multiprocessing::{Error, Mutex, process};
use nix::sys::signal::{Signal, raise};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let accounts = Mutex::new([60, 40])?;
    let seen_by_child = accounts.clone();
    let child = process::spawn(move || {
        let mut accounts = seen_by_child.lock().expect("nobody died before");
        accounts[0] -= 10;
        raise(Signal::SIGKILL).expect("a process may kill itself");
        accounts[1] += 10;
    })?;
    if let Err(error) = child.join() {
        println!("{error}");
    }

    println!("The parent wants the lock.");
    match accounts.lock() {
        Ok(accounts) => println!("{:?}", *accounts),
        Err(died) => {
            println!("Its holder died, so the value may be half-written.");
            let mut accounts = died.into_inner();
            println!("It finds {:?}, and puts it right.", *accounts);
            accounts[0] = 100 - accounts[1];
        }
    }
    accounts.clear_poison();
    println!("{:?}", *accounts.lock()?);
    Ok(())
}
