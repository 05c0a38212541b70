//! The memory that the parent and its workers both map, and how values lie in it.

pub(super) mod arena;
pub(super) mod encoding;
pub(super) mod functions;
pub(super) mod inline;
pub(super) mod table;
