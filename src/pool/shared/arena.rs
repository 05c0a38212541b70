//! Bytes on their way through shared memory: one process writes them, others read them.
//!
//! An arena is a window of an anonymous file (a memfd). Its writer maps as much of it as is in use,
//! and more as needed. An arena consists of segments; a segment has a header and blocks, one after
//! another. When the reader is done with a block, it increments a count in the segment's header;
//! when it is done with all of a segment's blocks, the writer reuses the segment. So neither side
//! waits for the other, and there is no lock that a killed process could hold.
//!
//! When nothing in an arena is in use, the parent may free its memory, and records that in the
//! header of the first segment. The writer then starts again with an arena of the initial size.
//!
//! The file is sealed against shrinking, so a mapped byte never goes away (no SIGBUS). Room is
//! allocated before it is used, so running out of memory is an error from [`Writer::append`] or
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
