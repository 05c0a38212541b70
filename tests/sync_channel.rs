//! Tests of channels with a bound.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use multiprocessing::Error;
use multiprocessing::channel::{SendError, SendTimeoutError, TrySendError, sync_channel};
use multiprocessing::process::{scope, spawn};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::circumstances::{is_asleep, stat, wait_until};

crate::support::tests!(
    it_holds_as_many_messages_as_its_bound,
    the_bound_counts_messages_and_not_bytes,
    a_full_one_takes_a_message_when_one_was_received,
    a_sender_waits_for_room,
    messages_keep_their_order_through_a_narrow_one,
    many_senders_and_receivers,
    a_bound_of_none_is_refused,
    a_sender_that_waits_learns_that_the_receiver_is_gone,
    a_sender_that_waits_learns_that_the_receiver_was_killed,
    a_receiver_learns_that_a_waiting_sender_was_killed,
    a_killed_sender_does_not_keep_others_from_the_room,
    a_deadline_holds_though_a_process_is_stopped,
    errors_give_the_message_back,
);

const SHORT: Duration = Duration::from_millis(5);

fn it_holds_as_many_messages_as_its_bound() {
    let (sender, receiver) = sync_channel(3).expect("a channel");
    for number in 0..3 {
        sender.try_send(number).expect("there is room");
    }
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    let late = sender.send_timeout(3, SHORT);
    assert_eq!(late, Err(SendTimeoutError::Timeout(3)));
    assert_eq!(receiver.recv(), Ok(0));
    sender.send(3).expect("there is room");
    drop(sender);
    assert!(receiver.iter().eq([1, 2, 3]));
}

fn the_bound_counts_messages_and_not_bytes() {
    let (sender, receiver) = sync_channel(2).expect("a channel");
    for len in [0, 1 << 20] {
        sender.try_send(vec![7_u8; len]).expect("there is room");
    }
    assert!(matches!(
        sender.try_send(Vec::new()),
        Err(TrySendError::Full(_))
    ));
    assert_eq!(receiver.recv().expect("a message").len(), 0);
    assert_eq!(receiver.recv().expect("a message").len(), 1 << 20);
    sender.try_send(Vec::new()).expect("there is room");
}

fn a_full_one_takes_a_message_when_one_was_received() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    for number in 0..10_000 {
        sender.try_send(number).expect("there is room");
        assert_eq!(sender.try_send(number), Err(TrySendError::Full(number)));
        assert_eq!(receiver.try_recv(), Ok(number));
    }
}

fn a_sender_waits_for_room() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    sender.send(1).expect("there is room");
    scope(|s| {
        let child = s.spawn(|| sender.send(2));
        let pid = child.pid().expect("it was started");
        wait_until("the child sleeps", || is_asleep(pid));
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(child.join().expect("an answer"), Ok(()));
    })
    .expect("no error");
    assert_eq!(receiver.try_recv(), Ok(2));
}

fn messages_keep_their_order_through_a_narrow_one() {
    for bound in [1, 2, 7] {
        let (sender, receiver) = sync_channel(bound).expect("a channel");
        let child = spawn(move || {
            for number in 0..20_000_u32 {
                sender.send(number).expect("somebody receives");
            }
        });
        assert!(receiver.iter().eq(0..20_000));
        child.expect("a child").join().expect("an answer");
    }
}

/// Senders and receivers sleep at the same time, and each wakes the right kind.
fn many_senders_and_receivers() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    let (results, sums) = multiprocessing::channel().expect("a channel");
    let mut children = Vec::new();
    for first in 0..4_u64 {
        let sender = sender.clone();
        children.push(spawn(move || {
            for number in 0..2_000 {
                sender.send(4 * number + first).expect("somebody receives");
            }
        }));
        let (receiver, results) = (receiver.clone(), results.clone());
        children.push(spawn(move || {
            let sum: u64 = receiver.iter().sum();
            results.send(sum).expect("somebody adds");
        }));
    }
    drop((sender, receiver, results));
    for child in children {
        child.expect("a child").join().expect("an answer");
    }
    assert_eq!(sums.iter().sum::<u64>(), (0..8_000).sum::<u64>());
}

fn a_bound_of_none_is_refused() {
    assert!(std::panic::catch_unwind(|| sync_channel::<u8>(0)).is_err());
}

fn a_sender_that_waits_learns_that_the_receiver_is_gone() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    sender.send(1).expect("there is room");
    let child = spawn(move || sender.send(2)).expect("a child");
    wait_until("the child sleeps", || is_asleep(child.pid()));
    drop(receiver);
    let outcome = child.join().expect("an answer");
    assert_eq!(outcome, Err(SendError::Disconnected(2)));
}

fn a_sender_that_waits_learns_that_the_receiver_was_killed() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    sender.send(1).expect("there is room");
    let mut receiving = spawn(move || {
        thread::park();
        drop(receiver);
    })
    .expect("a child");
    receiving.kill().expect("it may");
    assert_eq!(sender.send(2), Err(SendError::Disconnected(2)));
    assert_eq!(sender.try_send(2), Err(TrySendError::Disconnected(2)));
    assert!(receiving.join().is_err());
}

fn a_receiver_learns_that_a_waiting_sender_was_killed() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    let mut child = spawn(move || {
        sender.send(1).expect("there is room");
        sender.send(2).expect("nobody makes room");
    })
    .expect("a child");
    wait_until("the child sleeps", || is_asleep(child.pid()));
    child.kill().expect("it may");
    assert!(child.join().is_err());
    assert!(receiver.iter().eq([1]));
}

/// Killed at any point of sending: what others send comes through, whole and in order.
fn a_killed_sender_does_not_keep_others_from_the_room() {
    for round in 0..100_u64 {
        let (sender, receiver) = sync_channel(2).expect("a channel");
        let other = sender.clone();
        let mut victim = spawn(move || while sender.send(u64::MAX).is_ok() {}).expect("a child");
        let child = spawn(move || {
            for number in 0..200 {
                other.send(number).expect("somebody receives");
            }
        })
        .expect("a child");
        for _ in 0..round {
            receiver.recv().expect("a message");
        }
        victim.kill().expect("it may");
        let rest: Vec<u64> = receiver
            .iter()
            .filter(|number| *number != u64::MAX)
            .collect();
        assert!(rest.is_sorted(), "{rest:?}");
        assert_eq!(rest.last(), Some(&199));
        assert!(victim.join().is_err());
        child.join().expect("an answer");
    }
}

fn a_deadline_holds_though_a_process_is_stopped() {
    let (sender, receiver) = sync_channel(4).expect("a channel");
    let other = sender.clone();
    let (mut ready, mut tell) = io::pipe().expect("a pipe");
    let mut busy = spawn(move || {
        tell.write_all(b"!").expect("written");
        while other.send(7_u64).is_ok() {}
    })
    .expect("a child");
    let taking = spawn(move || while receiver.recv().is_ok() {});
    let mut taking = taking.expect("a child");
    ready.read_exact(&mut [0]).expect("a byte");
    let pid = Pid::from_raw(busy.pid() as i32);
    for _ in 0..200 {
        kill(pid, Signal::SIGSTOP).expect("it may");
        wait_until("it is stopped", || {
            stat(pid).is_some_and(|stat| stat.state == 'T')
        });
        let outcome = sender.send_timeout(1, SHORT);
        assert!(matches!(
            outcome,
            Ok(()) | Err(SendTimeoutError::Timeout(1))
        ));
        kill(pid, Signal::SIGCONT).expect("it may");
    }
    for child in [&mut busy, &mut taking] {
        child.kill().expect("it may");
    }
    assert!(busy.join().is_err() && taking.join().is_err());
}

fn errors_give_the_message_back() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    sender.send(String::from("first")).expect("there is room");
    let full = sender.try_send("second".into()).unwrap_err();
    assert_eq!(
        format!("{full:?}: {full}"),
        "Full(..): nothing was sent: the channel is full"
    );
    assert_eq!(full.into_inner(), "second");
    let late = sender.send_timeout("third".into(), SHORT).unwrap_err();
    assert_eq!(late.clone().into_inner(), "third");
    assert!(matches!(Error::from(late), Error::Message { .. }));
    drop(receiver);
    let gone = sender.try_send("fourth".into()).unwrap_err();
    assert!(matches!(Error::from(gone), Error::Disconnected { .. }));
}
