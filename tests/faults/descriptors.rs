//! Descriptors that the program closes, its own and the library's.

use std::fs::{File, read_dir};

use std::io::{PipeReader, Read, pipe};
use std::os::fd::AsRawFd;
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

use multiprocessing::process::spawn;
use multiprocessing::{Cause, Error};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{Uid, close};

use crate::support::circumstances::stop_being_root;
use crate::support::methods::{builder, pool_of};

fn close_all_from(first: i32) {
    for number in first..200 {
        let _ = close(number);
    }
}

/// Takes the numbers that are free, which were the library's, for ends of a pipe. What can be read
/// from it is what somebody wrote there by mistake.
fn open_many() -> PipeReader {
    let (reader, writer) = pipe().expect("a pipe");
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("set");
    for _ in 0..20 {
        std::mem::forget(writer.try_clone().expect("a descriptor"));
    }
    reader
}

fn long(x: u64) -> Vec<u64> {
    println!("this is item {x}");
    eprintln!("this is item {x}");
    vec![x; 2000]
}

#[track_caller]
fn are_right(results: Vec<Vec<u64>>, count: u64) {
    assert!(results.into_iter().eq((0..count).map(|x| vec![x; 2000])));
}

/// In each combination, before anything is made.
pub(crate) fn standard_ones_are_closed() {
    for closed in 1..8 {
        let program = spawn(move || {
            (0..3)
                .filter(|i| closed >> i & 1 == 1)
                .for_each(|i| close(i).expect("it was open"));
            let mut pool = pool_of(2);
            are_right(pool.map(long, 0..100).expect("results"), 100);
            let child = spawn(|| long(7)).expect("a child");
            assert_eq!(child.join().expect("an answer"), vec![7; 2000]);
        });
        program.expect("a program").join().expect("no fault");
    }
}

pub(crate) fn standard_ones_are_closed_in_an_initializer() {
    let initializer = || (0..3).try_for_each(close);
    let pool = builder().workers(2).initializer(initializer);
    let mut pool = pool.build().expect("a pool");
    are_right(
        pool.map_with(|(): &mut (), x| long(x), 0..100)
            .expect("results"),
        100,
    );
}

/// The results that need no descriptor arrive, and the others are errors that say why.
pub(crate) fn a_task_closes_the_librarys() {
    let mut pool = pool_of(2);
    let task = |x: u64| {
        if x % 10 == 3 {
            close_all_from(3);
        }
        x
    };
    for _ in 0..10 {
        let results = pool.map(task, 0..100).expect("results");
        assert!(results.into_iter().eq(0..100));
    }
    let task = |x: u64| {
        if x % 10 == 3 {
            close_all_from(3);
        }
        vec![x; 100_000]
    };
    let results = pool.map_results(task, 0..40).expect("results");
    let mut lost = 0;
    for (x, result) in (0..40).zip(results) {
        match result {
            Ok(result) => assert_eq!(result, vec![x; 100_000]),
            Err(error) => {
                assert!(error.to_string().contains("descriptor"), "{error}");
                lost += 1;
            }
        }
    }
    assert!((1..=8).contains(&lost), "{lost} are lost");
}

/// The pipe is made before, so that its reading end outlives the worker.
pub(crate) fn a_task_has_the_librarys_numbers_for_its_own_files() {
    let (mut reader, writer) = pipe().expect("a pipe");
    let own = writer.as_raw_fd();
    let initializer = move || Ok::<_, String>(own);
    let pool = builder().workers(1).initializer(initializer);
    let mut pool = pool.build().expect("a pool");
    drop(writer);
    let task = |own: &mut i32, x: u64| {
        for number in (3..200).filter(|number| number != own) {
            let _ = close(number);
        }
        let writer = File::options()
            .write(true)
            .open(format!("/proc/self/fd/{own}"));
        let writer = writer.expect("the pipe");
        for _ in 0..20 {
            std::mem::forget(writer.try_clone().expect("a descriptor"));
        }
        // Long enough for the parent to fall asleep.
        sleep(Duration::from_millis(5));
        x
    };
    assert_eq!(pool.map_with(task, [7]).expect("a result"), [7]);
    pool.close().expect("closed");
    let mut text = Vec::new();
    reader.read_to_end(&mut text).expect("the end");
    assert!(text.is_empty(), "{text:?}");
}

pub(crate) fn an_initializer_closes_the_librarys() {
    let initializer = || {
        close_all_from(3);
        Ok::<_, String>(())
    };
    let pool = builder().workers(2).initializer(initializer).build();
    let error = pool.unwrap_err();
    assert!(
        matches!(&error, Error::Initializer { reason, .. } if reason.contains("descriptor")),
        "{error}"
    );
}

pub(crate) fn a_child_closes_the_librarys() {
    let child = spawn(|| {
        close_all_from(3);
        vec![1_u8; 100]
    });
    let answer = child.expect("a child").join().expect("it needs no file");
    assert_eq!(answer, [1; 100]);
    let child = spawn(|| {
        close_all_from(3);
        vec![1_u8; 100_000]
    });
    match child.expect("a child").join() {
        Err(Error::Child(error)) => assert!(
            matches!(&error.cause, Cause::Encode(reason) if reason.contains("descriptor")),
            "{error}"
        ),
        other => panic!("{other:?}"),
    }
}

/// Each call has an answer then, or an error that says why. Also where other files, which never
/// become readable, have the numbers.
pub(crate) fn the_parent_closes_the_librarys() {
    for reused in [false, true] {
        let program = spawn(move || {
            // Root's children end as soon as their parent closes what they hang on.
            stop_being_root();
            let mut pool = pool_of(2);
            let slow = |x: u64| {
                sleep(Duration::from_millis(2));
                x
            };
            assert!(pool.map(slow, 0..9).expect("results").into_iter().eq(0..9));
            close_all_from(3);
            let file = reused.then(open_many);
            // Results that lie in a file can be out of reach, but these do not.
            let results = pool.map_chunked(slow, 0..9, 1).expect("results");
            assert!(results.into_iter().eq(0..9));
            let task = |x: u64| if x == 5 { exit(3) } else { x };
            let results = pool.map_results(task, 0..9).expect("results");
            for (x, result) in (0..9).zip(results) {
                match result {
                    Ok(result) => assert_eq!((result, x == 5), (x, false)),
                    Err(error) if x == 5 => assert!(error.to_string().contains("exit"), "{error}"),
                    Err(error) => assert!(error.to_string().contains("descriptor"), "{error}"),
                }
            }
            let error = pool.apply(|bytes: Vec<u8>| bytes.len(), vec![0; 1 << 20]);
            let error = error.unwrap_err().to_string();
            assert!(error.contains("descriptor"), "{error}");
            let open = count_open();
            drop(pool);
            if let Some(mut file) = file {
                assert_eq!(count_open(), open, "none is closed by mistake");
                file.read(&mut [0; 100])
                    .expect_err("nothing is written by mistake");
            }
        });
        program.expect("a program").join().expect("no fault");
    }
}

/// Root's children are killed at once, with what they are at. Their errors say why; later ones live.
pub(crate) fn the_parent_closes_the_librarys_as_root() {
    if !Uid::effective().is_root() {
        return; // other users' children are not tied to a descriptor
    }
    for reused in [false, true] {
        let program = spawn(move || {
            let mut pool = pool_of(2);
            let child = spawn(std::thread::park).expect("a child");
            let slow = pool.apply_async(|()| std::thread::park(), ());
            let slow = slow.expect("a task");
            pool.apply(|()| (), ()).expect("a result");
            close_all_from(3);
            let file = reused.then(open_many);
            for error in [child.join().unwrap_err(), slow.get().unwrap_err()] {
                match &error {
                    Error::Child(child) => {
                        assert!(matches!(child.cause, Cause::LostDescriptor(3..)), "{error}");
                    }
                    _ => panic!("{error}"),
                }
                assert!(error.to_string().contains("close only what is your own"));
            }
            // The pool's memory is out of reach.
            let error = pool.map_chunked(|x: u64| x, 0..9, 3).unwrap_err();
            assert!(error.to_string().contains("descriptor"), "{error}");
            let mut pool = builder().workers(2).build().expect("another pool");
            let results = pool.map(|x: u64| x, 0..9).expect("results");
            assert!(results.into_iter().eq(0..9));
            let child = spawn(|| 7).expect("a child");
            assert_eq!(child.join().expect("an answer"), 7);
            drop(file);
        });
        program.expect("a program").join().expect("no fault");
    }
}

/// Children have the files that took over numbers which were the library's when it last looked.
pub(crate) fn the_parent_has_the_librarys_numbers_for_its_own_files() {
    let program = spawn(|| {
        stop_being_root();
        let mut first = pool_of(2);
        assert_eq!(first.apply(|x: u8| x, 7).expect("a result"), 7);
        close_all_from(3);
        let own = open_many();
        let number_of_ends = || {
            let all = read_dir("/proc/self/fd").expect("a folder").flatten();
            let targets = all.filter_map(|entry| std::fs::read_link(entry.path()).ok());
            targets
                .filter(|target| target.to_string_lossy().starts_with("pipe:"))
                .count() as u64
        };
        let ends = number_of_ends();
        assert!(ends > 20);
        let initializer = move || Ok::<_, String>(number_of_ends());
        let pool = builder().workers(3).initializer(initializer);
        let mut pool = pool.build().expect("a pool");
        let task = |ends: &mut u64, (): ()| *ends;
        assert_eq!(pool.map_with(task, [(); 9]).expect("results"), [ends; 9]);
        let child = spawn(number_of_ends).expect("a child");
        assert_eq!(child.join().expect("an answer"), ends);
        drop(own);
    });
    program.expect("a program").join().expect("no fault");
}

fn count_open() -> usize {
    read_dir("/proc/self/fd").expect("a folder").count()
}
