//! Send messages to another process or thread and back, in four ways.

use lesson_measuring::{Failure, Figure, progress, table, verdict};
use lesson2::talking::{LARGEST, pipe, queue, shared_array, threads};
use multiprocessing::process;

type Way = fn(usize) -> Result<Figure, Failure>;

fn main() -> Result<(), Failure> {
    lesson_options::none(); // so that `-- 4` is refused
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly

    let sizes = [8, 1 << 10, 1 << 16, LARGEST];
    let ways: [(&str, Way); 4] = [
        ("pipe", pipe),
        ("queue", queue),
        ("shared array", shared_array),
        ("thread channel", threads),
    ];
    let progress = progress(sizes.len() * ways.len());
    let mut figures = Vec::new();
    for (name, way) in ways {
        progress.set_message(name);
        for size in sizes {
            figures.push(way(size)?);
            progress.inc(1);
        }
    }
    progress.finish_and_clear();

    let rows = ways
        .iter()
        .zip(figures.chunks(sizes.len()))
        .map(|((name, _), figures)| {
            let cell = |column: usize| figures[column].time().to_string();
            [(*name).to_owned(), cell(0), cell(1), cell(2), cell(3)]
        });
    println!("The time for a message there and back:\n");
    println!(
        "{}",
        table(["", "8 bytes", "1 KiB", "64 KiB", "1 MiB"], rows)
    );

    let fastest = |size: usize| {
        let by_processes = (0..3).map(|way| figures[way * sizes.len() + size].median);
        by_processes.fold(f64::INFINITY, f64::min) / figures[3 * sizes.len() + size].median
    };
    let (small, large) = (fastest(0), fastest(3));
    verdict(
        "threads communicate faster than processes",
        small > 1.0 && large > 1.0,
        format!(
            "the fastest way between processes takes\n\
             {small:.2} × as long for 8 bytes, and {large:.1} × as long for 1 MiB"
        ),
    );
    Ok(())
}
