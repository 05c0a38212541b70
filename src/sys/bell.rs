//! What workers use to wake their parent.
//!
//! It is a pair of sockets, and a ring is an empty message. Each socket has its own inode, so
//! unlike an eventfd it can be told from other files. And if a thread makes the descriptor another
//! file's at the very moment of a ring, nothing is written to that file.

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
    // This fails if there are too many messages, and then the parent is being woken anyway.
    let _ = nix::unistd::write(pull.file()?, &[]);
    Ok(())
}

/// Takes the messages. (The buffer must not be empty: such a read returns without looking.)
pub(crate) fn silence(bell: &Descriptor) {
    if let Ok(bell) = bell.file() {
        while nix::unistd::read(bell, &mut [0; 1]).is_ok() {}
    }
}
