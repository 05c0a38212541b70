//! Handles of shared memory, whatever the method.

use std::process::{abort, exit};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use multiprocessing::channel::{Connection, RecvError, SendError, pipe};
use multiprocessing::sync::{BrokenBarrier, PoisonError};
use multiprocessing::{
    Array, Barrier, Cause, Error, Event, Mutex, Receiver, Semaphore, Sender, Shared, StartMethod,
    channel,
};
use nix::sys::resource::{Resource, setrlimit};
use serde::{Deserialize, Serialize};

use super::{METHODS, by};

const SOON: Duration = Duration::from_secs(60);

/// A process that forks must have one thread, and a child of the server has.
fn by_each_method(test: impl Fn(StartMethod) + Copy + 'static) {
    METHODS.into_iter().for_each(test);
    let child = by(StartMethod::ForkServer).spawn(move || test(StartMethod::Fork));
    child.unwrap().join().unwrap();
}

fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}

#[test]
fn a_sender() {
    by_each_method(|method| {
        let (sender, receiver) = channel().unwrap();
        let send = |(sender, from): (Sender<u32>, u32)| {
            (from..from + 3).for_each(|number| sender.send(number).unwrap());
        };
        let children =
            [0, 3].map(|from| by(method).spawn_fn(send, (sender.clone(), from)).unwrap());
        drop(sender);
        let mut numbers: Vec<u32> = receiver.iter().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
        for child in children {
            child.join().unwrap();
        }
    });
}

#[test]
fn a_receiver() {
    by_each_method(|method| {
        let (sender, receiver) = channel::<u32>().unwrap();
        let sum = |receiver: Receiver<u32>| receiver.iter().sum::<u32>();
        let child = by(method).spawn_fn(sum, receiver).unwrap();
        (0..10_000).for_each(|number| sender.send(number).unwrap());
        drop(sender);
        assert_eq!(child.join().unwrap(), 49_995_000);
    });
}

#[test]
fn both_ends_of_a_pipe() {
    by_each_method(|method| {
        let (here, there) = pipe::<String, usize>().unwrap();
        let answer = |there: Connection<usize, String>| {
            while let Ok(word) = there.recv() {
                there.send(word.len()).unwrap();
            }
        };
        let child = by(method).spawn_fn(answer, there).unwrap();
        here.send("hello".to_owned()).unwrap();
        assert_eq!(here.recv(), Ok(5));
        drop(here);
        child.join().unwrap();
    });
}

#[test]
fn a_mutex() {
    by_each_method(|method| {
        let count = Mutex::new(0_u64).unwrap();
        let add = |count: Mutex<u64>| (0..1000).for_each(|_| *count.lock().unwrap() += 1);
        let children = [(); 3].map(|()| by(method).spawn_fn(add, count.clone()).unwrap());
        add(count.clone());
        for child in children {
            child.join().unwrap();
        }
        assert_eq!(*count.lock().unwrap(), 4000);
    });
}

#[test]
fn an_event_and_a_shared_in_a_struct() {
    #[derive(Serialize, Deserialize)]
    struct Argument {
        numbers: Vec<u64>,
        product: Shared<AtomicU64>,
        done: Event,
    }
    by_each_method(|method| {
        let argument = Argument {
            numbers: vec![2, 3, 7],
            product: Shared::new(AtomicU64::new(0)).unwrap(),
            done: Event::new().unwrap(),
        };
        let (product, done) = (argument.product.clone(), argument.done.clone());
        let multiply = |argument: Argument| {
            let product = argument.numbers.iter().product();
            argument.product.store(product, Relaxed);
            argument.done.set();
        };
        let child = by(method).spawn_fn(multiply, argument).unwrap();
        assert!(done.wait_timeout(SOON));
        assert_eq!(product.load(Relaxed), 42);
        child.join().unwrap();
    });
}

/// As a copy. By a fork it is lent instead.
#[test]
fn an_array() {
    for method in METHODS {
        let double = |mut numbers: Array<u64>| {
            numbers.iter_mut().for_each(|number| *number *= 2);
            numbers
        };
        let numbers = Array::from_slice(&[2, 3, 7]).unwrap();
        let doubled = by(method).spawn_fn(double, numbers).unwrap().join();
        assert_eq!(*doubled.unwrap(), [4, 6, 14]);
    }
}

#[test]
fn a_barrier() {
    by_each_method(|method| {
        let barrier = Barrier::new(3).unwrap();
        let wait = |barrier: Barrier| barrier.wait().map(|result| result.is_leader());
        let children = [(); 2].map(|()| by(method).spawn_fn(wait, barrier.clone()).unwrap());
        let mut leaders = u32::from(wait(barrier).unwrap());
        for child in children {
            leaders += u32::from(child.join().unwrap().unwrap());
        }
        assert_eq!(leaders, 1);
    });
}

#[test]
fn a_semaphore_whose_holder_is_killed() {
    by_each_method(|method| {
        let semaphore = Semaphore::new(1).unwrap();
        let taken = Event::new().unwrap();
        let hold = |(semaphore, taken): (Semaphore, Event)| -> () {
            let _permit = semaphore.acquire();
            taken.set();
            wait_for_ever()
        };
        let argument = (semaphore.clone(), taken.clone());
        let mut child = by(method).spawn_fn(hold, argument).unwrap();
        taken.wait();
        assert!(semaphore.try_acquire().is_none());
        child.kill().unwrap();
        assert!(semaphore.acquire_timeout(SOON).is_some());
    });
}

#[test]
fn a_mutex_whose_holder_dies() {
    by_each_method(|method| {
        let pair = Mutex::new([1, 1]).unwrap();
        let half = |pair: Mutex<[i32; 2]>| -> () {
            let mut pair = pair.lock().unwrap();
            pair[0] = 2;
            abort()
        };
        let child = by(method).spawn_fn(half, pair.clone()).unwrap();
        child.join().unwrap_err();
        let guard = pair.lock().map(drop).map_err(PoisonError::into_inner);
        assert_eq!(*guard.unwrap_err(), [2, 1]);
    });
}

#[test]
fn ends_whose_process_dies() {
    by_each_method(|method| {
        let (sender, receiver) = channel::<()>().unwrap();
        let (ready, is_ready) = channel().unwrap();
        let wait = |(ready, _sender): (Sender<()>, Sender<()>)| -> () {
            ready.send(()).unwrap();
            wait_for_ever()
        };
        let mut child = by(method).spawn_fn(wait, (ready, sender)).unwrap();
        is_ready.recv().unwrap();
        child.kill().unwrap();
        assert_eq!(receiver.recv(), Err(RecvError::Disconnected));

        let (sender, receiver) = channel::<u8>().unwrap();
        let leave = |_: Receiver<u8>| -> () { exit(0) };
        let child = by(method).spawn_fn(leave, receiver).unwrap();
        child.join().unwrap_err();
        let start = Instant::now();
        while sender.send(1) != Err(SendError::Disconnected(1)) {
            assert!(start.elapsed() < SOON);
        }

        let barrier = Barrier::new(2).unwrap();
        let die = |_: Barrier| -> () { abort() };
        let child = by(method).spawn_fn(die, barrier.clone()).unwrap();
        let pid = child.pid();
        assert_eq!(barrier.wait(), Err(BrokenBarrier::Died { pid }));
    });
}

/// Whatever is not taken out of the argument is not kept either.
#[test]
fn an_argument_that_cannot_be_read() {
    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "u8")]
    struct Never(u8);
    impl TryFrom<u8> for Never {
        type Error = &'static str;
        fn try_from(_: u8) -> Result<Self, &'static str> {
            Err("never")
        }
    }
    for method in METHODS {
        let (sender, receiver) = channel::<u8>().unwrap();
        let run = |_: (Never, Sender<u8>)| ();
        let child = by(method).spawn_fn(run, (Never(1), sender)).unwrap();
        let Err(Error::Child(error)) = child.join() else {
            panic!()
        };
        assert!(
            matches!(&error.cause, Cause::Decode(why) if why.contains("never")),
            "{error}"
        );
        assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Encode { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn more_handles_than_have_descriptors() {
    let child = by(StartMethod::ForkServer).spawn(|| {
        setrlimit(Resource::RLIMIT_NOFILE, 64, 64).unwrap();
        let mut events: Vec<Event> = (0..100).map(|_| Event::new().unwrap()).collect();
        let last = events[99].clone();
        let set = |event: Event| event.set();
        for method in METHODS {
            let text = reason(by(method).spawn_fn(set, last.clone()));
            assert!(text.contains("ulimit -n"), "{text}");
            by(method)
                .spawn_fn(set, events[0].clone())
                .unwrap()
                .join()
                .unwrap();
        }
        assert!(events[0].is_set() && !last.is_set());
        // It is not too late for new ones.
        events.clear();
        let event = Event::new().unwrap();
        by(METHODS[0])
            .spawn_fn(set, event.clone())
            .unwrap()
            .join()
            .unwrap();
        assert!(event.is_set());
    });
    child.unwrap().join().unwrap();
}

#[test]
fn more_handles_than_can_be_sent_at_once() {
    let event = Event::new().unwrap();
    let set = |events: Vec<Event>| events.last().unwrap().set();
    let text = reason(by(METHODS[0]).spawn_fn(set, vec![event.clone(); 1000]));
    assert!(text.contains("at most 240"), "{text}");
    let child = by(METHODS[0]).spawn_fn(set, vec![event.clone(); 240]);
    child.unwrap().join().unwrap();
    assert!(event.is_set());
}

#[test]
fn a_handle_is_no_value_elsewhere() {
    let event = Event::new().unwrap();
    let error = serde_json::to_string(&event).unwrap_err().to_string();
    assert!(error.contains("spawn_fn"), "{error}");
    assert!(serde_json::from_str::<Event>("0").is_err());
    let child = by(METHODS[0]).spawn(|| Event::new().unwrap()).unwrap();
    let error = child.join().unwrap_err().to_string();
    assert!(error.contains("spawn_fn"), "{error}");
}

/// As if it were made by hand.
#[test]
fn a_handle_of_another_kind() {
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Sent(Event);
    impl<'de> Deserialize<'de> for Sent {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Shared::<[AtomicU64; 512]>::deserialize(deserializer)?[511].store(1, Relaxed);
            Err(serde::de::Error::custom("it was taken for another"))
        }
    }
    let sent = Sent(Event::new().unwrap());
    let child = by(METHODS[0]).spawn_fn(|_: Sent| (), sent).unwrap();
    let error = child.join().unwrap_err().to_string();
    assert!(error.contains("none was sent"), "{error}");
}
