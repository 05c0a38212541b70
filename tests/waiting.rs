//! Tests of `multiprocessing::wait`, and of the descriptors that things lend to be waited for.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use multiprocessing::channel::{TryRecvError, channel, sync_channel};
use multiprocessing::process::{Process, scope, spawn};
use multiprocessing::{Event, Receiver, Sender, wait};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::Resource;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::support::circumstances::with_limit;

crate::support::tests!(
    processes_are_ready_when_they_have_ended,
    a_process_is_ready_long_after_it_was_joined,
    children_of_a_scope_are_ready_when_they_have_ended,
    a_receiver_is_ready_while_there_is_a_message,
    a_receiver_is_ready_when_no_sender_is_left,
    a_receiver_is_ready_when_the_last_sender_was_killed,
    a_receiver_is_ready_when_the_heir_of_a_sender_was_killed,
    senders_that_were_there_before_ring,
    bounded_channels_ring,
    all_of_many_receivers_are_told,
    a_receiver_that_moved_to_a_child_lends_one_there,
    pipes_can_be_waited_for_beside,
    a_wait_ends_in_time,
    a_wait_without_sources_ends_in_time,
    senders_killed_at_any_moment_leave_no_message_unseen,
    a_sender_without_descriptors_rings_with_the_next_message,
    what_was_lent_is_closed,
    tokio_waits_for_messages_and_processes,
);

const SOON: Duration = Duration::from_millis(20);
const LONG: Option<Duration> = Some(Duration::from_secs(30));

fn is_readable(source: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(source.as_fd(), PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::ZERO).expect("no error") == 1
}

fn ends(count: usize) -> (Vec<Event>, Vec<Process<usize>>) {
    let events: Vec<_> = (0..count)
        .map(|_| Event::new().expect("an event"))
        .collect();
    let child = |(number, event): (usize, &Event)| {
        let event = event.clone();
        let child = spawn(move || {
            event.wait();
            number
        });
        child.expect("a child")
    };
    let children = events.iter().enumerate().map(child).collect();
    (events, children)
}

fn processes_are_ready_when_they_have_ended() {
    let (events, children) = ends(3);
    let sources: Vec<&dyn AsFd> = children.iter().map(|child| child as _).collect();
    assert!(wait(&sources, Some(SOON)).expect("no error").is_empty());
    events[1].set();
    assert_eq!(wait(&sources, LONG).expect("no error"), [1]);
    events[0].set();
    let mut ready = Vec::new();
    while ready.len() < 2 {
        ready = wait(&sources, LONG).expect("no error");
    }
    assert_eq!(ready, [0, 1]);
    events[2].set();
    for (number, child) in children.into_iter().enumerate() {
        assert_eq!(child.join().expect("an answer"), number);
    }
}

fn a_process_is_ready_long_after_it_was_joined() {
    let (events, mut children) = ends(2);
    assert!(!is_readable(&children[1]));
    for (event, child) in events.iter().zip(&mut children) {
        event.set();
        let answer = child.join_timeout(Duration::MAX);
        assert!(answer.expect("no error").is_some());
        assert!(is_readable(child));
    }
}

fn children_of_a_scope_are_ready_when_they_have_ended() {
    let go = Event::new().expect("an event");
    scope(|s| {
        let first = s.spawn(|| go.wait());
        let second = s.spawn(|| 7);
        assert_eq!(wait(&[&first, &second], LONG).expect("no error"), [1]);
        assert_eq!(second.join().expect("an answer"), 7);
        let refused = with_limit(Resource::RLIMIT_NOFILE, 0, || s.spawn(|| ()));
        go.set();
        assert_eq!(wait(&[&first], LONG).expect("no error"), [0]);
        first.join().expect("an answer");
        assert_eq!(wait(&[&refused], LONG).expect("no error"), [0]);
        drop(refused.join());
    })
    .expect("no error");
}

fn a_receiver_is_ready_while_there_is_a_message() {
    let (sender, receiver) = channel().expect("a channel");
    sender.send(0).expect("it is received");
    assert!(is_readable(&receiver));
    assert_eq!(receiver.recv(), Ok(0));
    for round in 1..100 {
        assert!(!is_readable(&receiver));
        for number in 0..round % 3 {
            sender.send(number).expect("it is received");
        }
        for number in 0..round % 3 {
            assert!(is_readable(&receiver));
            assert_eq!(receiver.try_recv(), Ok(number));
        }
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    }
}

fn a_receiver_is_ready_when_no_sender_is_left() {
    let (sender, receiver) = channel::<i32>().expect("a channel");
    let child = spawn(move || {
        let other = sender.clone();
        drop(sender);
        drop(other);
        thread::park();
    });
    assert_eq!(wait(&[&receiver], LONG).expect("no error"), [0]);
    let mut last = receiver.try_recv();
    while last == Err(TryRecvError::Empty) {
        wait(&[&receiver], LONG).expect("no error");
        last = receiver.try_recv();
    }
    assert_eq!(last, Err(TryRecvError::Disconnected));
    child.expect("a child").kill().expect("it may");
}

fn parked(sender: Sender<i32>) -> Process<()> {
    let child = spawn(move || {
        thread::park();
        drop(sender);
    });
    child.expect("a child")
}

fn await_disconnected(receiver: &Receiver<i32>) {
    assert_eq!(wait(&[receiver], LONG).expect("no error"), [0]);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

fn a_receiver_is_ready_when_the_last_sender_was_killed() {
    let (sender, receiver) = channel().expect("a channel");
    let mut children = [sender.clone(), sender].map(parked);
    assert!(!is_readable(&receiver));
    children[0].kill().expect("it may");
    assert!(wait(&[&receiver], Some(SOON)).expect("no error").is_empty());
    children[1].kill().expect("it may");
    await_disconnected(&receiver);
}

/// The receiver waits while the sender moves to another process.
fn a_receiver_is_ready_when_the_heir_of_a_sender_was_killed() {
    let (sender, receiver) = channel().expect("a channel");
    let (go, gone) = (
        Event::new().expect("an event"),
        Event::new().expect("an event"),
    );
    let (wait_for, tell) = (go.clone(), gone.clone());
    let (pids, pid) = channel().expect("a channel");
    let parent = spawn(move || {
        wait_for.wait();
        let heir = parked(sender);
        pids.send(heir.pid()).expect("it is received");
        tell.wait();
        drop(heir);
        thread::park();
    });
    assert!(!is_readable(&receiver));
    go.set();
    let _heir = pid.recv().expect("a pid");
    assert!(wait(&[&receiver], Some(SOON)).expect("no error").is_empty());
    gone.set();
    await_disconnected(&receiver);
    parent.expect("a child").kill().expect("it may");
}

fn senders_that_were_there_before_ring() {
    let (sender, receiver) = channel().expect("a channel");
    let go = Event::new().expect("an event");
    let mut children = Vec::new();
    for number in 0..3 {
        let (sender, go) = (sender.clone(), go.clone());
        children.push(spawn(move || {
            go.wait();
            sender.send(number)
        }));
    }
    drop(sender);
    assert!(!is_readable(&receiver));
    go.set();
    let mut numbers = Vec::new();
    loop {
        wait(&[&receiver], LONG).expect("no error");
        match receiver.try_recv() {
            Ok(number) => numbers.push(number),
            Err(TryRecvError::Empty) => {}
            Err(_) => break,
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2]);
    for child in children {
        child
            .expect("a child")
            .join()
            .expect("an answer")
            .expect("it was sent");
    }
}

fn bounded_channels_ring() {
    let (sender, receiver) = sync_channel(1).expect("a channel");
    assert!(!is_readable(&receiver));
    let child = spawn(move || (0..100).try_for_each(|number| sender.send(number)));
    let mut next = 0;
    while next < 100 {
        wait(&[&receiver], LONG).expect("no error");
        while let Ok(number) = receiver.try_recv() {
            assert_eq!(number, next);
            next += 1;
        }
    }
    child
        .expect("a child")
        .join()
        .expect("an answer")
        .expect("they were sent");
}

/// More than can be armed at once.
fn all_of_many_receivers_are_told() {
    let (sender, receiver) = channel().expect("a channel");
    let receivers: Vec<_> = (0..50).map(|_| receiver.clone()).collect();
    assert!(!is_readable(&receivers[0]));
    for receiver in &receivers {
        let _ = is_readable(receiver);
    }
    sender.send(1).expect("it is received");
    assert!(receivers.iter().all(is_readable));
    assert_eq!(receiver.recv(), Ok(1));
    // What is gone does not keep its place.
    for _ in 0..100 {
        assert!(!is_readable(&receiver.clone()));
    }
}

fn a_receiver_that_moved_to_a_child_lends_one_there() {
    let (sender, receiver) = channel().expect("a channel");
    let ready = Event::new().expect("an event");
    assert!(!is_readable(&receiver));
    let waits = ready.clone();
    let child = spawn(move || {
        let before = is_readable(&receiver);
        waits.set();
        wait(&[&receiver], LONG).expect("no error");
        (before, receiver.try_recv())
    });
    ready.wait();
    sender.send(7).expect("it is received");
    let answer = child.expect("a child").join().expect("an answer");
    assert_eq!(answer, (false, Ok(7)));
}

fn pipes_can_be_waited_for_beside() {
    let (sender, receiver) = channel().expect("a channel");
    let (mut reader, mut writer) = io::pipe().expect("a pipe");
    let sources: [&dyn AsFd; 2] = [&receiver, &reader];
    writer.write_all(b"!").expect("written");
    assert_eq!(wait(&sources, LONG).expect("no error"), [1]);
    sender.send(1).expect("it is received");
    assert_eq!(wait(&sources, LONG).expect("no error"), [0, 1]);
    reader.read_exact(&mut [0]).expect("a byte");
    assert_eq!(receiver.recv(), Ok(1));
}

fn a_wait_ends_in_time() {
    let (_sender, receiver) = channel::<i32>().expect("a channel");
    let child = spawn(thread::park).expect("a child");
    for timeout in [0, 1, 50].map(Duration::from_millis) {
        let start = Instant::now();
        let ready = wait(&[&receiver, &child], Some(timeout));
        assert!(ready.expect("no error").is_empty() && start.elapsed() >= timeout);
    }
}

fn a_wait_without_sources_ends_in_time() {
    let start = Instant::now();
    assert!(wait(&[], Some(SOON)).expect("no error").is_empty());
    assert!(start.elapsed() >= SOON);
}

/// A sender that dies between its message and its ring would leave the receiver asleep.
fn senders_killed_at_any_moment_leave_no_message_unseen() {
    let (sender, receiver) = channel().expect("a channel");
    // The child only borrows it, so that the receiver does not watch whether the child lives.
    let sender = Rc::new(sender);
    for round in 0..300 {
        assert!(!is_readable(&receiver), "all were taken");
        let lent = receiver.as_fd();
        let theirs = Rc::clone(&sender);
        let (mut ready, mut tell) = io::pipe().expect("a pipe");
        let mut victim = spawn(move || {
            tell.write_all(b"!").expect("written");
            for number in 0..1000 {
                theirs.send(number).expect("it is received");
            }
        })
        .expect("a child");
        ready.read_exact(&mut [0]).expect("a byte");
        for _ in 0..20 * round {
            std::hint::spin_loop();
        }
        victim.kill().expect("it may");
        drop(victim.join());
        let was_readable = is_readable(&lent);
        let messages = std::iter::from_fn(|| receiver.try_recv().ok()).count();
        assert!(was_readable || messages == 0, "{messages} unseen messages");
    }
}

fn a_sender_without_descriptors_rings_with_the_next_message() {
    let (sender, receiver) = channel().expect("a channel");
    let lent = receiver.as_fd();
    with_limit(Resource::RLIMIT_NOFILE, 0, || {
        sender.send(1).expect("it is received");
    });
    sender.send(2).expect("it is received");
    assert!(is_readable(&lent));
    assert_eq!([receiver.try_recv(), receiver.try_recv()], [Ok(1), Ok(2)]);
}

/// That no descriptor is left open is seen by the runner.
fn what_was_lent_is_closed() {
    let (sender, receiver) = channel::<i32>().expect("a channel");
    let child = parked(sender);
    assert!(!is_readable(&receiver) && !is_readable(&child));
    assert!(!is_readable(&receiver.clone()));
}

#[expect(
    deprecated,
    reason = "what replaces it is `unsafe`, and this is a file that stays open"
)]
fn readable_for_tokio<T: AsRawFd>(source: T) -> AsyncFd<T> {
    AsyncFd::with_interest(source, Interest::READABLE).expect("it can be polled")
}

fn tokio_waits_for_messages_and_processes() {
    // In a child, since a runtime leaves a pipe for signals open, where the feature is enabled.
    let child = spawn(tokio_waits).expect("a child");
    child.join().expect("as expected");
}

fn tokio_waits() {
    let (sender, receiver) = channel().expect("a channel");
    let child = spawn(move || (0..100).try_for_each(|number| sender.send(number)));
    let child = child.expect("a child");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let (sum, child) = runtime.expect("a runtime").block_on(async {
        let receiver = readable_for_tokio(receiver);
        let mut sum = 0;
        loop {
            let mut ready = receiver.readable().await.expect("it polls");
            match receiver.get_ref().try_recv() {
                Ok(number) => sum += number,
                Err(TryRecvError::Empty) => ready.clear_ready(),
                Err(_) => break,
            }
        }
        let child = readable_for_tokio(child);
        drop(child.readable().await.expect("it polls"));
        (sum, child.into_inner())
    });
    assert_eq!(sum, (0..100).sum::<i32>());
    child.join().expect("an answer").expect("they were sent");
}
