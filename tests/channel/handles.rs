//! Handles in messages.

use std::process::abort;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use multiprocessing::channel::{
    Connection, RecvError, RecvTimeoutError, SendError, channel, pipe, sync_channel,
};
use multiprocessing::process::{self, Process};
use multiprocessing::sync::{BrokenBarrier, PoisonError};
use multiprocessing::{Barrier, Event, Mutex, Receiver, Semaphore, Sender, Shared};
use nix::sys::resource::Resource;
use serde::{Deserialize, Serialize};

use super::{LONG, count_descriptors};
use crate::support::circumstances::{stop_being_root, wait_until, with_limit};

#[derive(Serialize, Deserialize)]
struct Request {
    number: u64,
    reply: Sender<u64>,
}

/// Answers until nobody asks any more.
fn serve(requests: Receiver<Request>) {
    for Request { number, reply } in requests {
        let _ = reply.send(number * number);
    }
}

fn ask(server: &Sender<Request>, number: u64) -> Result<u64, RecvError> {
    let (reply, answer) = channel().unwrap();
    let _ = server.send(Request { number, reply });
    answer.recv()
}

pub(crate) fn each_request_brings_the_sender_for_its_answer() {
    let (server, requests) = channel().unwrap();
    let serving = process::spawn(move || serve(requests)).unwrap();
    let clients: Vec<Process<u64>> = (0..4)
        .map(|client| {
            let server = server.clone();
            let ask_often = move || (0..200).map(|n| ask(&server, client * n).unwrap()).sum();
            process::spawn(ask_often).unwrap()
        })
        .collect();
    drop(server);
    for (client, asking) in clients.into_iter().enumerate() {
        let squares = (0..200).map(|n| n * n).sum::<u64>();
        assert_eq!(asking.join().unwrap(), (client * client) as u64 * squares);
    }
    serving.join().unwrap();
}

/// None of them was there when the process that gets it was started.
pub(crate) fn handles_of_all_kinds() {
    type All = (
        (Mutex<u64>, Semaphore, Event, Barrier),
        (Shared<AtomicU64>, Receiver<u64>, Connection<u64, u64>),
    );
    let (sender, receiver) = sync_channel::<All>(1).unwrap();
    let child = process::spawn(move || {
        let ((mutex, semaphore, event, barrier), (shared, numbers, connection)) =
            receiver.recv().unwrap();
        let permit = semaphore.acquire();
        *mutex.lock().unwrap() += shared.fetch_add(1, Relaxed);
        event.set();
        permit.release();
        let sum = numbers.iter().sum::<u64>();
        connection.send(sum + connection.recv().unwrap()).unwrap();
        barrier.wait().unwrap();
        let _guard = mutex.lock();
        abort()
    });
    let child: Process<()> = child.unwrap();
    let mutex = Mutex::new(1).unwrap();
    let semaphore = Semaphore::new(1).unwrap();
    let event = Event::new().unwrap();
    let barrier = Barrier::new(2).unwrap();
    let shared = Shared::new(AtomicU64::new(41)).unwrap();
    let (adder, numbers) = channel().unwrap();
    let (here, there) = pipe().unwrap();
    let ours = (
        mutex.clone(),
        semaphore.clone(),
        event.clone(),
        barrier.clone(),
    );
    sender
        .send((ours, (shared.clone(), numbers, there)))
        .unwrap();
    event.wait();
    let permit = semaphore.acquire();
    assert_eq!((*mutex.lock().unwrap(), shared.load(Relaxed)), (42, 42));
    permit.release();
    (1..=4).for_each(|number| adder.send(number).unwrap());
    drop(adder);
    here.send(100).unwrap();
    assert_eq!(here.recv(), Ok(110));
    barrier.wait().unwrap();
    let pid = child.pid();
    child.join().unwrap_err();
    assert_eq!(here.recv(), Err(RecvError::Disconnected));
    let guard = mutex.lock().map(drop).map_err(PoisonError::into_inner);
    assert_eq!(*guard.unwrap_err(), 42);
    assert_eq!(barrier.wait(), Err(BrokenBarrier::Died { pid }));
}

/// The queue is in it as well, with its messages.
pub(crate) fn a_receiver_takes_its_messages_along() {
    let (sender, receiver) = channel().unwrap();
    for number in 0..10_000 {
        sender.send(number).unwrap();
    }
    let (way, other_side) = channel::<Receiver<u32>>().unwrap();
    let child = process::spawn(move || {
        let receiver = other_side.recv().unwrap();
        receiver.iter().map(u64::from).sum::<u64>()
    });
    way.send(receiver).unwrap();
    for number in 10_000..20_000 {
        sender.send(number).unwrap();
    }
    drop(sender);
    assert_eq!(child.unwrap().join().unwrap(), 199_990_000);
}

pub(crate) fn what_was_inherited_or_received_can_be_sent_on() {
    let (first, receiver) = channel::<Sender<u64>>().unwrap();
    let (second, last) = channel::<Sender<u64>>().unwrap();
    let (inherited, answers) = channel::<u64>().unwrap();
    let middle = process::spawn(move || {
        second.send(receiver.recv().unwrap()).unwrap();
        second.send(inherited).unwrap();
        // It keeps what it has sent, and ends only once that has come.
        assert_eq!(receiver.recv().map(drop), Err(RecvError::Disconnected));
    });
    let end = process::spawn(move || {
        last.recv().unwrap().send(1).unwrap();
        last.recv().unwrap().send(2).unwrap();
    });
    let (own, answer) = channel().unwrap();
    first.send(own).unwrap();
    assert_eq!(answer.recv(), Ok(1));
    assert_eq!(answers.recv(), Ok(2));
    assert_eq!(answer.recv(), Err(RecvError::Disconnected));
    end.unwrap().join().unwrap();
    drop(first);
    middle.unwrap().join().unwrap();
    assert_eq!(answers.recv(), Err(RecvError::Disconnected));
}

pub(crate) fn an_end_in_a_message_that_nobody_receives_is_gone() {
    let descriptors = count_descriptors();
    let (reply, answer) = channel::<u64>().unwrap();
    let (server, requests) = channel().unwrap();
    server.send(Request { number: 1, reply }).unwrap();
    assert_eq!(
        answer.recv_timeout(Duration::from_millis(100)),
        Err(RecvTimeoutError::Timeout)
    );
    drop(requests);
    assert_eq!(answer.recv(), Err(RecvError::Disconnected));
    drop(answer);
    let (reply, answer) = channel::<u64>().unwrap();
    assert!(matches!(
        server.send(Request { number: 1, reply }),
        Err(SendError::Disconnected(Request { number: 1, .. }))
    ));
    assert_eq!(answer.recv(), Err(RecvError::Disconnected));
    drop((server, answer));
    assert_eq!(count_descriptors(), descriptors);
}

pub(crate) fn an_end_goes_with_the_receiver_that_is_killed_before_or_after_it_got_it() {
    for gets_it in [false, true] {
        let (server, requests) = channel::<Request>().unwrap();
        let (ready, is_ready) = channel().unwrap();
        let child = process::spawn(move || {
            let _request = gets_it.then(|| requests.recv().unwrap());
            ready.send(()).unwrap();
            loop {
                std::thread::park();
            }
        });
        let mut child: Process<()> = child.unwrap();
        let (reply, answer) = channel::<u64>().unwrap();
        server.send(Request { number: 1, reply }).unwrap();
        is_ready.recv().unwrap();
        child.kill().unwrap();
        assert_eq!(answer.recv(), Err(RecvError::Disconnected));
    }
}

pub(crate) fn a_server_killed_at_any_moment_keeps_nobody_waiting() {
    let descriptors = count_descriptors();
    let mut answered = 0;
    for round in 0..150 {
        let (server, requests) = channel().unwrap();
        let mut serving = process::spawn(move || serve(requests)).unwrap();
        let asked: Vec<_> = (0..5)
            .map(|number| {
                let (reply, answer) = channel().unwrap();
                server.send(Request { number, reply }).unwrap();
                answer
            })
            .collect();
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(10 * round) {}
        serving.kill().unwrap();
        for (number, answer) in (0..).zip(asked) {
            match answer.recv_timeout(LONG) {
                Ok(square) => {
                    answered += 1;
                    assert_eq!(square, number * number);
                }
                Err(error) => assert_eq!(error, RecvTimeoutError::Disconnected),
            }
        }
    }
    assert!(answered > 0);
    assert_eq!(count_descriptors(), descriptors);
}

pub(crate) fn the_handles_of_a_sender_that_has_ended_are_gone() {
    let (server, requests) = channel::<Request>().unwrap();
    let child = process::spawn(move || {
        let (reply, _) = channel().unwrap();
        server.send(Request { number: 1, reply }).unwrap();
        server
    });
    child.unwrap().join().unwrap_err(); // a handle is no answer
    let error = requests.recv().map(drop).unwrap_err();
    assert!(
        matches!(&error, RecvError::Decode(why) if why.contains("has ended")),
        "{error}"
    );
    assert_eq!(requests.recv().map(drop), Err(RecvError::Disconnected));
}

pub(crate) fn a_process_without_a_descriptor_left_loses_the_message_and_not_more() {
    let (server, requests) = channel::<Request>().unwrap();
    let child = process::spawn(move || {
        let received = with_limit(Resource::RLIMIT_NOFILE, 64, || {
            let open = || std::fs::File::open("/dev/null").ok();
            let _all_others: Vec<_> = std::iter::from_fn(open).collect();
            requests.recv().map(drop)
        });
        serve(requests);
        received
    });
    assert_eq!(ask(&server, 3), Err(RecvError::Disconnected));
    assert_eq!(ask(&server, 4), Ok(16));
    drop(server);
    let error = child.unwrap().join().unwrap().unwrap_err();
    assert!(
        matches!(&error, RecvError::Decode(why) if why.contains("ulimit -n")),
        "{error}"
    );
}

/// The kernel lets no other process look into one that has changed its user.
pub(crate) fn a_sender_that_has_changed_its_user() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let (server, requests) = channel::<Request>().unwrap();
    let (tell, told) = channel().unwrap();
    let serving = process::spawn(move || {
        stop_being_root();
        tell.send(requests.recv().map(drop)).unwrap();
    });
    let client = process::spawn(move || {
        stop_being_root();
        ask(&server, 1)
    });
    let error = told.recv().unwrap().unwrap_err();
    assert!(
        matches!(&error, RecvError::Decode(why) if why.contains("another user")),
        "{error}"
    );
    assert_eq!(
        client.unwrap().join().unwrap(),
        Err(RecvError::Disconnected)
    );
    serving.unwrap().join().unwrap();
}

/// One handle may be in any number of messages. Those that were received take up nothing for long.
pub(crate) fn thousands_of_messages_with_one_handle() {
    let descriptors = count_descriptors();
    let (server, requests) = channel().unwrap();
    let (reply, answers) = channel().unwrap();
    for number in 0..5000 {
        let reply = reply.clone();
        server.send(Request { number, reply }).unwrap();
    }
    drop(reply);
    let serving = process::spawn(move || serve(requests)).unwrap();
    drop(server);
    let squares = (0..5000).map(|n| n * n).sum::<u64>();
    assert_eq!(answers.iter().sum::<u64>(), squares);
    serving.join().unwrap();
    drop(answers);
    wait_until("the descriptors are closed", || {
        drop(channel::<()>().unwrap());
        count_descriptors() == descriptors
    });
}

pub(crate) fn one_process_sends_to_itself() {
    let descriptors = count_descriptors();
    let (server, requests) = channel().unwrap();
    let thread = std::thread::spawn(move || serve(requests));
    for number in 0..500 {
        assert_eq!(ask(&server, number), Ok(number * number));
    }
    drop(server);
    thread.join().unwrap();
    wait_until("the descriptors are closed", || {
        count_descriptors() == descriptors
    });
}
