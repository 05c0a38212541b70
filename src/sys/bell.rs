//! By which workers wake their parent.
//!
//! It is a pair of sockets, and a ring is an empty message. Each socket has an inode of its own, so
//! that it can be told from other files, which an eventfd can't. And should the descriptor become
//! another file's in the very moment of a ring, by a thread, nothing is written to that.

use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::rc::{Rc, Weak};

use super::call::Named;
use super::descriptor::Descriptor;

/// The end that becomes readable, and the end that is rung.
pub(crate) type Ends = (Descriptor, Descriptor);

thread_local! {
    /// Closed with the last pool of this thread.
    static OWN: RefCell<Weak<Ends>> = const { RefCell::new(Weak::new()) };
}

/// The bell of this thread.
///
/// All pools have the same, since a fork takes time for each descriptor of its parent. A thread
/// waits for one pool at a time, and before it sleeps it looks whether there is anything to do, so
/// no ring is missed that came while it waited for another.
pub(crate) fn of_this_thread() -> io::Result<Rc<Ends>> {
    let existing = OWN.with_borrow(Weak::upgrade).filter(|ends| {
        let is_own = |end: &Descriptor| !end.is_inherited() && end.file().is_ok();
        is_own(&ends.0) && is_own(&ends.1)
    });
    if let Some(ends) = existing {
        return Ok(ends);
    }
    let (bell, pull) = UnixDatagram::pair().by("socketpair")?;
    bell.set_nonblocking(true).by("ioctl")?;
    pull.set_nonblocking(true).by("ioctl")?;
    let ends = Rc::new((Descriptor::new(bell.into())?, Descriptor::new(pull.into())?));
    OWN.set(Rc::downgrade(&ends));
    Ok(ends)
}

/// # Errors
/// If the program has closed the descriptor.
pub(crate) fn ring(pull: &Descriptor) -> io::Result<()> {
    // It fails if there are too many messages, and then the parent has reason enough to wake.
    let _ = nix::unistd::write(pull.file()?, &[]);
    Ok(())
}

/// Takes the messages. (The room must not be empty: such a read returns without looking.)
pub(crate) fn silence(bell: &Descriptor) {
    if let Ok(bell) = bell.file() {
        while nix::unistd::read(bell, &mut [0; 1]).is_ok() {}
    }
}
