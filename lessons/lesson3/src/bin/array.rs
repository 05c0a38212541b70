//! Ten processes square one element each of an array that they share.

use multiprocessing::{Array, Error, process};

fn main() -> Result<(), Error> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut array = Array::from_slice(&[2, 3, 6, 7, 8, 8, 9, 3, 3, 3])?;

    // ANCHOR: scope
    // Each process borrows another element, so no lock is needed: the
    // compiler sees to it.
    process::scope(|s| {
        for element in array.lend_mut() {
            s.spawn_with(element, |element| *element *= *element);
        }
    })?;
    // ANCHOR_END: scope

    println!("{array:?}");
    Ok(())
}
