//! Text that the program and its workers print.

use std::io::{self, Read};

use multiprocessing::process::spawn;
use nix::unistd::dup2_stdout;

use crate::support::circumstances::printed_by;
use crate::support::methods::pool_of;

pub(crate) fn text_buffered_before_the_fork_is_printed_once() {
    let printed = printed_by(|| {
        print!("before ");
        let mut pool = pool_of(4);
        pool.map(|_: u32| print!("x"), 0..100).expect("results");
        print!(" after");
        pool.close().expect("closed");
    });
    assert_eq!(printed, format!("before {} after", "x".repeat(100)));
}

/// What a task printed is out before its result is there, also without a newline.
pub(crate) fn the_last_lines_are_kept() {
    for _ in 0..20 {
        let printed = printed_by(|| {
            let mut pool = pool_of(2);
            pool.map_chunked(|x: u32| print!("[{x}]"), 0..10, 1)
                .expect("results");
            println!("all");
        });
        assert!(printed.ends_with("all\n"), "{printed}");
        assert_eq!(printed.matches('[').count(), 10);
        let printed = printed_by(|| {
            let mut pool = pool_of(2);
            for x in 0..10 {
                let task = |x: u32| print!("[{x}]");
                drop(pool.apply_async(task, x).expect("a task"));
            }
            pool.close().expect("closed");
        });
        assert_eq!(printed.matches('[').count(), 10, "{printed}");
    }
}

pub(crate) fn none_of_8000_lines_is_torn() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let program = move || {
        dup2_stdout(writer).expect("stdout is the pipe");
        let mut pool = pool_of(4);
        let task = |x: usize| println!("{x}:{}", "-".repeat(x % 200));
        pool.map_chunked(task, 0..8000, 10).expect("results");
    };
    let program = spawn(program).expect("a program");
    let mut printed = String::new();
    reader.read_to_string(&mut printed).expect("text");
    program.join().expect("no error");
    let mut numbers: Vec<usize> = printed
        .lines()
        .map(|line| {
            let (number, dashes) = line.split_once(':').expect("a whole line");
            let number = number.parse().expect("a whole number");
            assert_eq!(dashes, "-".repeat(number % 200), "{line}");
            number
        })
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..8000));
}
