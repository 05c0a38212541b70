//! In which order do four processes speak? Not always in the order in which
//! they were started.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter, Read, Write};

use multiprocessing::process;

const RUNS: usize = 30;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let mut orders: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..RUNS {
        // In the place of the terminal, so that we can read it.
        let (reader, writer) = io::pipe()?;
        *orders.entry(order(reader, writer)?).or_default() += 1;
    }

    println!("{RUNS} times, four processes said their number. The orders:");
    for (order, times) in &orders {
        println!("{order}: {times} times");
    }
    match orders.len() {
        1 => println!("On this run there was one order. That is luck: nothing guarantees it."),
        count => println!("On this run there were {count} different orders."),
    }
    Ok(())
}

fn order(mut reader: PipeReader, writer: PipeWriter) -> Result<String, Box<dyn std::error::Error>> {
    process::scope(|s| {
        for number in 1..=4 {
            let mut writer = &writer;
            // One write: else the numbers could run together.
            let word = format!("{number} ");
            s.spawn(move || writer.write_all(word.as_bytes()).expect("the parent reads"));
        }
    })?;
    drop(writer);
    let mut order = String::new();
    reader.read_to_string(&mut order)?;
    Ok(order.trim_end().to_owned())
}
