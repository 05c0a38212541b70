//! Programs that have threads of all kinds.

use std::io::{Read, Write, pipe, stdin};
use std::thread::spawn;

use multiprocessing::{Error, process};
use nix::unistd::{dup, dup2_stdin};
use rayon::prelude::*;

use super::{METHODS, by};

#[test]
fn after_rayons_global_pool_was_used() {
    let sum: u64 = (0..1000_u64).into_par_iter().sum();
    assert_eq!(sum, 499_500);
    assert!(matches!(
        process::spawn(|| 1),
        Err(Error::ThreadsRunning { .. })
    ));
    for method in METHODS {
        let child = by(method).spawn(|| (0..1000_u64).into_par_iter().sum::<u64>());
        assert_eq!(child.unwrap().join().unwrap(), sum);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_tokio_runtime() {
    for method in METHODS {
        let answer = tokio::task::spawn_blocking(move || {
            let child = by(method).spawn_fn(|x: u32| x + 1, 1)?;
            child.join()
        });
        assert_eq!(answer.await.unwrap().unwrap(), 2);
        // A runtime of its own in the child.
        let child = by(method).spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async { tokio::spawn(async { 7 }).await.unwrap() })
        });
        assert_eq!(child.unwrap().join().unwrap(), 7);
    }
}

/// The kernel would end the child with the thread if it were tied to that.
#[test]
fn a_thread_that_ends_before_its_child() {
    for method in METHODS {
        let (reader, mut writer) = pipe().unwrap();
        let thread = spawn(move || {
            let before = dup(stdin()).unwrap();
            dup2_stdin(reader).unwrap();
            let child = by(method).inherit_stdin().spawn(|| {
                let mut byte = [0];
                stdin().read_exact(&mut byte).map(|()| byte[0]).unwrap()
            });
            dup2_stdin(before).unwrap();
            child
        });
        let child = thread.join().unwrap().unwrap();
        writer.write_all(&[7]).unwrap();
        assert_eq!(child.join().unwrap(), 7);
    }
}
