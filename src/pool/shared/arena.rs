//! Bytes on their way through shared memory: one process writes them, others read them.
//!
//! An arena is a window of an anonymous file (a memfd), of which its writer maps as much as is in
//! use, and more as needed. It consists of segments, and a segment of a header and blocks, one
//! after another. The reader of a block counts in the segment's header when it is done with it;
//! when it is done with all of a segment's blocks, the writer uses the segment again. So neither
//! side waits for the other, and there is no lock that a killed process could hold.
//!
//! When nothing in an arena is in use, the parent may give its memory back, and says so in the
//! header of the first segment. The writer then starts again with an arena as small as at first.
//!
//! The file is sealed against shrinking, so a mapped byte never goes away (no SIGBUS), and room is
//! allocated before it is used, so a full machine is an error of [`Writer::append`] or
//! [`Writer::lay_out`].

mod growing;
mod layout;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub(in crate::pool) use layout::{Block, new_window, release};
pub(in crate::pool) use reader::Reader;
pub(in crate::pool) use writer::Writer;
