//! By which workers wake their parent.
//!
//! It is a pair of sockets, and a ring is an empty message. Each socket has an inode of its own, so
//! that it can be told from other files, which an eventfd can't. And should the descriptor become
//! another file's in the very moment of a ring, by a thread, nothing is written to that.

use std::io;
use std::os::unix::net::UnixDatagram;

use super::call::Named;
use super::descriptor::Descriptor;

/// The end that becomes readable, and the end that is rung.
pub(crate) struct Bell {
    pub(crate) heard: Descriptor,
    pub(crate) rung: Descriptor,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        let (heard, rung) = UnixDatagram::pair().by("socketpair")?;
        heard.set_nonblocking(true).by("ioctl")?;
        rung.set_nonblocking(true).by("ioctl")?;
        Ok(Self {
            heard: Descriptor::new(heard.into())?,
            rung: Descriptor::new(rung.into())?,
        })
    }
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
