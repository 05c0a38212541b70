//! The loop of a worker.

use std::io;

use super::Table;

/// Takes chunks from the table until the pool is closed, or until the parent lets the worker leave,
/// for which it asks after every `chunks` chunks. `run` runs the chunk at a position, and returns
/// whether an item failed. Before each sleep the worker polls the table up to `polls` times.
pub(in crate::pool) fn serve(
    table: &Table,
    number: usize,
    chunks: u64,
    polls: u32,
    ring: impl Fn(),
    mut run: impl FnMut(u64) -> io::Result<bool>,
) -> io::Result<()> {
    let mut chunks_left = chunks;
    while !table.is_closing() {
        if chunks_left == 0 {
            if table.is_to_leave(number, &ring) {
                break;
            }
            chunks_left = chunks;
        }
        if let Some(position) = table.claim(number) {
            let failed = run(position)?;
            if table.finish(position, number, failed) {
                ring();
            }
            chunks_left -= 1;
        } else {
            table.start_spinning(number);
            if !poll(table, polls) {
                table.sleep(number, &ring);
            }
        }
    }
    Ok(())
}

/// Polls the table up to `polls` times. Returns whether it found something to do.
fn poll(table: &Table, polls: u32) -> bool {
    (0..polls).any(|_| {
        std::hint::spin_loop();
        table.has_work() || table.is_closing()
    })
}
