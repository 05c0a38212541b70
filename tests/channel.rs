//! Tests of `multiprocessing::channel`.

mod handles;

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::support::circumstances::{
    hide_other_users, is_asleep, stat, stop_being_root, wait_until, with_limit,
};
use multiprocessing::channel::{
    self, RecvError, RecvTimeoutError, SendError, TryRecvError, channel, pipe,
};
use multiprocessing::{Error, process};
use nix::sys::resource::Resource;
use serde::{Deserialize, Serialize};

/// Far more than anything here takes, and less than the runner's limit.
const LONG: Duration = Duration::from_secs(30);

/// What a killed process may delay the others, and time for a busy machine on top.
const SOON: Duration = Duration::from_secs(5);

fn the_loop_ends_when_all_children_have_sent() {
    let (sender, receiver) = channel().unwrap();
    let mut children = Vec::new();
    for number in 0..4 {
        let sender = sender.clone();
        children.push(process::spawn(move || sender.send(number)).unwrap());
    }
    drop(sender);
    let mut received: Vec<i32> = receiver.into_iter().collect();
    received.sort_unstable();
    assert_eq!(received, [0, 1, 2, 3]);
    for child in children {
        assert_eq!(child.join().unwrap(), Ok(()));
    }
}

fn the_loop_ends_when_all_children_are_killed() {
    let (sender, receiver) = channel().unwrap();
    let mut children = Vec::new();
    for number in 0..4 {
        let sender = sender.clone();
        let child = process::spawn(move || {
            sender.send(number).unwrap();
            loop {
                std::thread::park();
            }
        });
        let child: process::Process<()> = child.unwrap();
        children.push(child);
    }
    drop(sender);
    let mut received = HashSet::new();
    for _ in 0..4 {
        received.insert(receiver.recv().unwrap());
    }
    assert_eq!(received.len(), 4);
    assert_eq!(
        receiver.recv_timeout(Duration::from_millis(100)),
        Err(RecvTimeoutError::Timeout)
    );
    // They stay zombies: nobody has joined them.
    for child in &mut children {
        child.kill().unwrap();
    }
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

fn a_receiver_asleep_sees_that_the_last_sender_is_killed() {
    let (sender, receiver) = channel::<()>().unwrap();
    let (ready, is_ready) = channel().unwrap();
    let mut victim = process::spawn(move || {
        let _sender = sender;
        loop {
            std::thread::park();
        }
    })
    .map(|child: process::Process<()>| child)
    .unwrap();
    let sleeper = process::spawn(move || {
        ready.send(()).unwrap();
        receiver.recv()
    })
    .unwrap();
    is_ready.recv().unwrap();
    wait_until("it sleeps", || is_asleep(sleeper.pid()));
    let start = Instant::now();
    victim.kill().unwrap();
    assert_eq!(sleeper.join().unwrap(), Err(RecvError::Disconnected));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

fn a_child_that_receives_is_no_sender() {
    let (sender, receiver) = channel().unwrap();
    // The child has a copy of `sender` on its stack, which it never drops.
    let child = process::spawn(move || receiver.iter().sum::<u64>()).unwrap();
    for number in 0..1000 {
        sender.send(number).unwrap();
    }
    drop(sender);
    assert_eq!(child.join().unwrap(), 499_500);
}

fn siblings_do_not_keep_each_others_channels() {
    let (first, from_first) = channel().unwrap();
    let (second, from_second) = channel::<i32>().unwrap();
    let one = process::spawn(move || first.send(1)).unwrap();
    let other = process::spawn(move || {
        let _second = second;
        // Lives until the first channel is disconnected, of which it inherited nothing.
        from_first.iter().count()
    })
    .unwrap();
    assert_eq!(from_second.recv(), Err(RecvError::Disconnected));
    assert_eq!(one.join().unwrap(), Ok(()));
    assert_eq!(other.join().unwrap(), 1);
}

fn a_send_fails_when_no_receiver_is_left() {
    let (sender, receiver) = channel().unwrap();
    sender.send(1).unwrap();
    let other = receiver.clone();
    drop(receiver);
    sender.send(2).unwrap();
    drop(other);
    assert_eq!(sender.send(3), Err(SendError::Disconnected(3)));

    let (sender, receiver) = channel().unwrap();
    let mut child = process::spawn(move || receiver.iter().fold(0, |_, n: u32| n)).unwrap();
    sender.send(1).unwrap();
    child.kill().unwrap();
    wait_until("a send fails", || sender.send(2).is_err());
    assert_eq!(sender.send(3), Err(SendError::Disconnected(3)));
}

fn a_child_ends_before_anybody_receives() {
    let (sender, receiver) = channel().unwrap();
    let message = vec![7_u8; 64 << 20];
    let expected = message.clone();
    let child = process::spawn(move || sender.send(message)).unwrap();
    assert_eq!(child.join().unwrap(), Ok(()));
    assert!(receiver.recv().unwrap() == expected);
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
}

fn thousands_of_messages_wait_in_order() {
    let (sender, receiver) = channel().unwrap();
    let child = process::spawn(move || {
        for number in 0..5000_u32 {
            sender.send((number, "x".repeat(number as usize % 300)))?;
        }
        Ok::<(), SendError<(u32, String)>>(())
    })
    .unwrap();
    assert_eq!(child.join().unwrap(), Ok(()));
    for (expected, (number, text)) in receiver.iter().enumerate() {
        assert_eq!(number as usize, expected);
        assert_eq!(text, "x".repeat(expected % 300));
    }
}

fn messages_of_all_lengths_go_round_the_ring() {
    let (sender, receiver) = channel::<Vec<u8>>().unwrap();
    let message = |n: usize| vec![n as u8; (n * 7919) % 30_000];
    let mut waiting = 0;
    let mut next = 0;
    for n in 0..3000 {
        sender.send(message(n)).unwrap();
        waiting += 1;
        // Few at first, so that the ring wraps; then more and more, so that it grows wrapped.
        while waiting > n / 40 {
            assert_eq!(receiver.recv().unwrap(), message(next));
            next += 1;
            waiting -= 1;
        }
    }
    drop(sender);
    for message_received in &receiver.iter().collect::<Vec<_>>() {
        assert_eq!(*message_received, message(next));
        next += 1;
    }
    assert_eq!(next, 3000);
}

fn many_senders_and_receivers_share_the_messages() {
    const EACH: u64 = 5000;
    let (sender, receiver) = channel().unwrap();
    let mut senders = Vec::new();
    let mut receivers = Vec::new();
    for who in 0..3 {
        let receiver = receiver.clone();
        receivers.push(process::spawn(move || receiver.iter().collect::<Vec<u64>>()).unwrap());
        let sender = sender.clone();
        senders.push(
            process::spawn(move || (0..EACH).try_for_each(|n| sender.send(who * EACH + n)))
                .unwrap(),
        );
    }
    drop((sender, receiver));
    for child in senders {
        assert_eq!(child.join().unwrap(), Ok(()));
    }
    let mut all = Vec::new();
    for child in receivers {
        let received = child.join().unwrap();
        // Each sender's messages are in order.
        for who in 0..3 {
            let of_one = received.iter().filter(|&&n| n / EACH == who);
            assert!(of_one.is_sorted());
        }
        all.extend(received);
    }
    all.sort_unstable();
    assert!(all.into_iter().eq(0..3 * EACH));
}

fn a_sender_killed_at_any_moment_tears_nothing() {
    let (sender, receiver) = channel::<Vec<u32>>().unwrap();
    let steady = {
        let sender = sender.clone();
        process::spawn(move || (0..20_000).try_for_each(|n| sender.send(vec![u32::MAX, n])))
            .unwrap()
    };
    let mut expected = 0;
    let mut check = |message: Vec<u32>| {
        if message[0] == u32::MAX {
            assert_eq!(message[1], expected);
            expected += 1;
        } else {
            assert_eq!(message.len(), 1 + message[0] as usize);
            assert!(message.iter().all(|&n| n == message[0]));
        }
    };
    for round in 0..100_u32 {
        let sender = sender.clone();
        let mut victim = process::spawn(move || {
            for n in 0.. {
                let len = n * 37 % 5000;
                let _ = sender.send(vec![len; 1 + len as usize]);
            }
        })
        .unwrap();
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(300 + 37 * u64::from(round)) {
            if let Ok(message) = receiver.try_recv() {
                check(message);
            }
        }
        victim.kill().unwrap();
    }
    drop(sender);
    for message in &receiver.iter().collect::<Vec<_>>() {
        check(message.clone());
    }
    assert_eq!(steady.join().unwrap(), Ok(()));
    assert_eq!(expected, 20_000);
}

fn a_receiver_killed_at_any_moment_loses_only_its_own() {
    const MESSAGES: u32 = 50_000;
    let (sender, receiver) = channel::<u32>().unwrap();
    let (report, reported) = channel::<u32>().unwrap();
    let source = process::spawn(move || (0..MESSAGES).try_for_each(|n| sender.send(n))).unwrap();
    let mut rounds = 0;
    for round in 0..60 {
        let (receiver, report) = (receiver.clone(), report.clone());
        let mut victim = process::spawn(move || {
            for n in receiver.iter() {
                report.send(n).unwrap();
            }
        })
        .unwrap();
        std::thread::sleep(Duration::from_micros(500 + 61 * round));
        victim.kill().unwrap();
        rounds += 1;
    }
    drop(report);
    let mut seen: HashSet<u32> = receiver.iter().collect();
    for n in reported.iter() {
        assert!(seen.insert(n), "{n} came twice");
    }
    // Each victim may have taken one message.
    assert!(MESSAGES as usize - seen.len() <= rounds);
    assert_eq!(source.join().unwrap(), Ok(()));
}

fn a_borrowed_sender_works_in_a_scope() {
    let (sender, receiver) = channel().unwrap();
    process::scope(|s| {
        for number in 0..3 {
            let sender = &sender;
            s.spawn(move || sender.send(number).unwrap());
        }
    })
    .unwrap();
    drop(sender);
    let mut received: Vec<i32> = receiver.iter().collect();
    received.sort_unstable();
    assert_eq!(received, [0, 1, 2]);
}

fn a_copy_dropped_in_a_child_is_not_the_parents_handle() {
    let (sender, receiver) = channel().unwrap();
    let shared = Rc::new(RefCell::new(Some(sender)));
    let copy = Rc::clone(&shared);
    let child = process::spawn(move || drop(copy.take())).unwrap();
    child.join().unwrap();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    shared.take().unwrap().send(5).unwrap();
    assert_eq!(receiver.recv(), Ok(5));
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
}

fn a_handle_dropped_early_in_a_child_is_gone() {
    for _ in 0..200 {
        let (sender, receiver) = channel::<()>().unwrap();
        let (wait, until) = channel::<()>().unwrap();
        let child = process::spawn(move || {
            drop(sender);
            until.recv()
        })
        .unwrap();
        assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
        drop(wait);
        assert_eq!(child.join().unwrap(), Err(RecvError::Disconnected));
    }
}

fn a_handle_passed_on_to_a_grandchild_is_the_grandchilds() {
    for _ in 0..50 {
        let (sender, receiver) = channel().unwrap();
        let (wait, until) = channel::<()>().unwrap();
        let child = process::spawn(move || {
            let grandchild = process::spawn(move || sender.send(3)).unwrap();
            let sent = grandchild.join().unwrap();
            // The child goes on, without a sender.
            assert_eq!(until.recv(), Err(RecvError::Disconnected));
            sent
        })
        .unwrap();
        assert_eq!(receiver.recv(), Ok(3));
        assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
        drop(wait);
        assert_eq!(child.join().unwrap(), Ok(()));
    }
}

fn a_child_may_clone_what_it_only_sees() {
    let (sender, receiver) = channel().unwrap();
    let (ready, is_ready) = channel().unwrap();
    let (go, may_go) = channel().unwrap();
    let sender = Rc::new(sender);
    let seen = Rc::clone(&sender);
    let child = process::spawn(move || {
        let own = (*seen).clone();
        ready.send(()).unwrap();
        may_go.recv().unwrap();
        own.send(1)
    })
    .unwrap();
    is_ready.recv().unwrap();
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    go.send(()).unwrap();
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
    assert_eq!(child.join().unwrap(), Ok(()));
}

/// Starts a child of its own when it is dropped.
struct StartsAnother;

impl Drop for StartsAnother {
    fn drop(&mut self) {
        let (sender, receiver) = channel().unwrap();
        let child = process::spawn(move || sender.send(1)).unwrap();
        assert_eq!(receiver.iter().count(), 1);
        assert_eq!(child.join().unwrap(), Ok(()));
    }
}

fn a_destructor_that_starts_a_child_takes_no_handle_away() {
    let (sender, receiver) = channel().unwrap();
    let (go, may_go) = channel().unwrap();
    let captured = (StartsAnother, sender);
    let child = process::spawn(move || {
        may_go.recv().unwrap();
        captured.1.send(2)
    })
    .unwrap();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    go.send(()).unwrap();
    assert_eq!(receiver.iter().collect::<Vec<i32>>(), [2]);
    assert_eq!(child.join().unwrap(), Ok(()));
}

fn a_child_that_exits_or_panics_disconnects() {
    for ending in [|| std::process::exit(3), || panic!("on purpose")] {
        let (sender, receiver) = channel::<i32>().unwrap();
        let child = process::spawn(move || {
            sender.send(1).unwrap();
            ending();
        })
        .unwrap();
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
        assert!(child.join().is_err());
    }
}

fn a_failed_start_gives_nothing_away() {
    let (sender, receiver) = channel::<i32>().unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || stopped.recv());
    let refused = process::spawn(move || sender.send(1));
    assert!(matches!(refused, Err(Error::ThreadsRunning { .. })));
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
    drop(stop);
    let _ = thread.join();
}

fn waiting_ends_in_time() {
    let (sender, receiver) = channel::<i32>().unwrap();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    for limit in [0, 1, 30, 100].map(Duration::from_millis) {
        let start = Instant::now();
        assert_eq!(receiver.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
        assert!(start.elapsed() >= limit);
    }
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
    sender.send(2).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(2));
    drop(sender);
    assert_eq!(
        receiver.recv_timeout(LONG),
        Err(RecvTimeoutError::Disconnected)
    );
}

fn threads_of_one_process_can_talk_too() {
    let (sender, receiver) = channel().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let sender = sender.clone();
            std::thread::spawn(move || (0..1000).for_each(|m| sender.send(n * 1000 + m).unwrap()))
        })
        .collect();
    drop(sender);
    let mut received: Vec<i32> = receiver.iter().collect();
    received.sort_unstable();
    assert!(received.into_iter().eq(0..4000));
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Odd(#[serde(serialize_with = "unless_even")] u32);

fn unless_even<S: serde::Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    match number % 2 {
        0 => Err(serde::ser::Error::custom("it is even")),
        _ => serializer.serialize_u32(*number),
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Small(#[serde(deserialize_with = "unless_large")] u32);

fn unless_large<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        number if number < 100 => Ok(number),
        _ => Err(serde::de::Error::custom("it is large")),
    }
}

fn a_message_that_cannot_be_encoded_or_decoded_harms_no_other() {
    let (sender, receiver) = channel().unwrap();
    assert!(matches!(
        sender.send(Odd(2)),
        Err(SendError::Encode {
            message: Odd(2),
            ..
        })
    ));
    sender.send(Odd(3)).unwrap();
    assert_eq!(receiver.recv(), Ok(Odd(3)));

    let (sender, receiver) = channel().unwrap();
    sender.send(Small(200)).unwrap();
    sender.send(Small(2)).unwrap();
    assert!(matches!(receiver.recv(), Err(RecvError::Decode(_))));
    assert_eq!(receiver.recv(), Ok(Small(2)));
}

fn a_pipe_talks_both_ways() {
    let (here, there) = pipe::<u32, String>().unwrap();
    let child = process::spawn(move || {
        while let Ok(number) = there.recv() {
            there.send(number.to_string()).unwrap();
        }
    })
    .unwrap();
    for number in 0..100 {
        here.send(number).unwrap();
        assert_eq!(here.recv().unwrap(), number.to_string());
    }
    drop(here);
    child.join().unwrap();

    let (here, there) = pipe::<u32, u32>().unwrap();
    let mut child = process::spawn(move || there.recv().map(|_| ())).unwrap();
    child.kill().unwrap();
    assert_eq!(here.recv(), Err(RecvError::Disconnected));
}

/// A child that has the sender and does nothing with it.
fn silent_holder(sender: channel::Sender<()>) -> process::Process<()> {
    let child = process::spawn(move || {
        let _sender = sender;
        loop {
            std::thread::park();
        }
    });
    child.unwrap()
}

fn a_killed_child_is_noticed_when_no_descriptor_is_left() {
    let (sender, receiver) = channel().unwrap();
    let mut child = silent_holder(sender);
    let received = with_limit(Resource::RLIMIT_NOFILE, 0, || {
        child.kill().unwrap();
        receiver.recv_timeout(SOON)
    });
    assert_eq!(received, Err(RecvTimeoutError::Disconnected));
}

fn a_process_that_is_hidden_has_not_ended() {
    let (sender, receiver) = channel::<()>().unwrap();
    let child = process::spawn(move || {
        if !hide_other_users() {
            return Err(RecvTimeoutError::Timeout);
        }
        stop_being_root();
        receiver.recv_timeout(Duration::from_millis(100))
    })
    .unwrap();
    assert_eq!(child.join().unwrap(), Err(RecvTimeoutError::Timeout));
    drop(sender);
}

/// Kilobytes of shared memory that this process has mapped and touched.
fn shared_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssShmem:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse().unwrap()
}

fn memory_is_given_back() {
    const MIB_100: u64 = 100 << 10;
    let (sender, receiver) = channel::<Vec<u8>>().unwrap();
    sender.send(vec![1; 200 << 20]).unwrap();
    assert!(shared_memory() > MIB_100);
    receiver.recv().unwrap();
    assert!(shared_memory() < MIB_100);
    sender.send(vec![1; 200 << 20]).unwrap();
    drop(receiver);
    assert!(shared_memory() < MIB_100);
}

fn without_a_descriptor_left_all_goes_on() {
    let (sender, receiver) = channel().unwrap();
    with_limit(Resource::RLIMIT_NOFILE, 3, || {
        let own = sender.clone();
        let child = process::spawn(move || {
            let second = own.clone();
            drop(own);
            second.send(1).is_ok()
        });
        drop(sender);
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
        assert!(child.unwrap().join().unwrap());
    });
}

fn a_message_that_finds_no_room_is_an_error_and_harms_no_other() {
    let (sender, receiver) = with_limit(Resource::RLIMIT_FSIZE, 8 << 20, || {
        channel::<Vec<u8>>().unwrap()
    });
    sender.send(vec![1; 1 << 20]).unwrap();
    let refused = sender.send(vec![2; 9 << 20]).unwrap_err();
    assert!(matches!(refused, SendError::Encode { .. }), "{refused}");
    assert_eq!(refused.into_inner().len(), 9 << 20);
    sender.send(vec![3; 10]).unwrap();
    assert_eq!(receiver.recv().unwrap(), vec![1; 1 << 20]);
    assert_eq!(receiver.recv().unwrap(), vec![3; 10]);

    // Where addresses are limited, a channel makes do with less.
    with_limit(Resource::RLIMIT_AS, 1 << 30, || {
        let (sender, receiver) = channel().unwrap();
        sender.send(vec![4_u8; 32 << 20]).unwrap();
        assert_eq!(receiver.recv().unwrap().len(), 32 << 20);
    });
}

/// Each takes up little of the addresses, and no descriptor.
fn tens_of_thousands_of_channels() {
    let mapped = || {
        let pages = fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').next().unwrap().parse::<usize>().unwrap() * 4096
    };
    let before = mapped();
    let channels: Vec<_> = (0..20_000).map(|_| channel::<usize>().unwrap()).collect();
    assert!(mapped() - before < 100 << 30, "{} bytes", mapped() - before);
    for (number, (sender, receiver)) in channels.iter().enumerate() {
        sender.send(number).unwrap();
        assert_eq!(receiver.recv(), Ok(number));
    }
    // There is room for other things.
    assert_eq!(std::thread::spawn(|| 1).join().unwrap(), 1);
    let (sender, receiver) = &channels[0];
    sender.send_many(100_000);
    assert_eq!(
        receiver.iter().take(100_000).sum::<usize>(),
        100_000 * 99_999 / 2
    );
}

trait SendMany {
    fn send_many(&self, count: usize);
}

impl SendMany for multiprocessing::Sender<usize> {
    fn send_many(&self, count: usize) {
        (0..count).for_each(|number| self.send(number).unwrap());
    }
}

/// They come and go in any order, and the last one counts.
fn fifty_thousand_ends() {
    let (sender, receiver) = channel::<u32>().unwrap();
    let mut ends: Vec<_> = (0..50_000).map(|_| sender.clone()).collect();
    drop(sender);
    for end in ends.drain(..20_000) {
        drop(end);
    }
    for end in ends.drain(10_000..).rev() {
        drop(end);
    }
    // Their records are used again.
    let more: Vec<_> = (0..55_000).map(|_| ends[0].clone()).collect();
    drop(ends);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let child = process::spawn(move || more.len()).unwrap();
    assert_eq!(child.join().unwrap(), 55_000);
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
}

/// It may be stopped in the middle of a send, since most of its time it copies a message.
fn a_process_that_is_stopped_keeps_nobody_beyond_their_time() {
    let (sender, receiver) = channel::<Vec<u8>>().unwrap();
    let mut child = process::spawn(move || {
        let message = vec![1; 32 << 20];
        while sender.send(message.clone()).is_ok() {}
    })
    .unwrap();
    let pid = nix::unistd::Pid::from_raw(child.pid() as i32);
    for _ in 0..10 {
        assert_eq!(receiver.recv().unwrap().len(), 32 << 20);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
        let start = Instant::now();
        let _ = receiver.recv_timeout(Duration::from_millis(10));
        let _ = receiver.try_recv();
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
    }
    child.kill().unwrap();
}

/// Nor does the process that is stopped miss that they have gone.
fn handles_are_dropped_beside_a_process_that_is_stopped() {
    let (sender, receiver) = channel::<Vec<u8>>().unwrap();
    let (other, of_children) = channel::<()>().unwrap();
    let own = sender.clone();
    let child = process::spawn(move || {
        let message = vec![1; 32 << 20];
        while sender.send(message.clone()).is_ok() {}
        drop(other);
    })
    .unwrap();
    let pid = nix::unistd::Pid::from_raw(child.pid() as i32);
    let mut handles: Vec<_> = (0..10).map(|_| (own.clone(), receiver.clone())).collect();
    handles.push((own, receiver));
    while let Some((sender, receiver)) = handles.pop() {
        assert_eq!(receiver.recv().unwrap().len(), 32 << 20);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
        wait_until("it is stopped", || {
            stat(pid).is_some_and(|stat| stat.state == 'T')
        });
        let start = Instant::now();
        // The parent drops its copy when it has moved it into the child.
        let heir = process::spawn(move || drop(sender)).unwrap();
        drop(receiver);
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
        heir.join().unwrap();
    }
    // No receiver is left, so it has ended, and its handle with it.
    child.join().unwrap();
    assert_eq!(of_children.recv(), Err(RecvError::Disconnected));
}

fn count_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

crate::support::tests!(
    handles_are_dropped_beside_a_process_that_is_stopped,
    handles::each_request_brings_the_sender_for_its_answer,
    handles::handles_of_all_kinds,
    handles::a_receiver_takes_its_messages_along,
    handles::what_was_inherited_or_received_can_be_sent_on,
    handles::an_end_in_a_message_that_nobody_receives_is_gone,
    handles::an_end_goes_with_the_receiver_that_is_killed_before_or_after_it_got_it,
    handles::a_server_killed_at_any_moment_keeps_nobody_waiting,
    handles::the_handles_of_a_sender_that_has_ended_are_gone,
    handles::a_process_without_a_descriptor_left_loses_the_message_and_not_more,
    handles::a_sender_that_has_changed_its_user,
    handles::thousands_of_messages_with_one_handle,
    handles::one_process_sends_to_itself,
    tens_of_thousands_of_channels,
    fifty_thousand_ends,
    a_process_that_is_stopped_keeps_nobody_beyond_their_time,
    the_loop_ends_when_all_children_have_sent,
    the_loop_ends_when_all_children_are_killed,
    a_receiver_asleep_sees_that_the_last_sender_is_killed,
    a_child_that_receives_is_no_sender,
    siblings_do_not_keep_each_others_channels,
    a_send_fails_when_no_receiver_is_left,
    a_child_ends_before_anybody_receives,
    thousands_of_messages_wait_in_order,
    messages_of_all_lengths_go_round_the_ring,
    many_senders_and_receivers_share_the_messages,
    a_sender_killed_at_any_moment_tears_nothing,
    a_receiver_killed_at_any_moment_loses_only_its_own,
    a_borrowed_sender_works_in_a_scope,
    a_copy_dropped_in_a_child_is_not_the_parents_handle,
    a_handle_dropped_early_in_a_child_is_gone,
    a_handle_passed_on_to_a_grandchild_is_the_grandchilds,
    a_child_may_clone_what_it_only_sees,
    a_destructor_that_starts_a_child_takes_no_handle_away,
    a_child_that_exits_or_panics_disconnects,
    a_failed_start_gives_nothing_away,
    waiting_ends_in_time,
    threads_of_one_process_can_talk_too,
    a_message_that_cannot_be_encoded_or_decoded_harms_no_other,
    a_pipe_talks_both_ways,
    a_killed_child_is_noticed_when_no_descriptor_is_left,
    a_process_that_is_hidden_has_not_ended,
    memory_is_given_back,
    without_a_descriptor_left_all_goes_on,
    a_message_that_finds_no_room_is_an_error_and_harms_no_other,
);
