//! How long does work take that only waits, for a server that takes its time to answer?

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use lesson_measuring::{Failure, Figure, measure};
use multiprocessing::process::{self, Process};

/// How long the server takes for an answer.
const DELAY: Duration = Duration::from_millis(10);

/// A server in a process of its own, which ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    _process: Process<()>,
}

impl Server {
    /// # Errors
    /// If it can't be started.
    pub fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let process = process::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || answer(client));
            }
        })?;
        Ok(Self {
            address,
            _process: process,
        })
    }

    /// Processes share the requests.
    ///
    /// # Errors
    /// If a process can't be started, or gets no answer.
    pub fn asked_by_processes(
        &self,
        workers: usize,
        requests: usize,
        runs: usize,
    ) -> Result<Figure, Failure> {
        let address = self.address;
        measure(runs, || {
            let answered = process::scope(|s| {
                let ask = move || ask(address, requests / workers).is_ok();
                let all: Vec<_> = (0..workers).map(|_| s.spawn(ask)).collect();
                all.into_iter()
                    .all(|process| matches!(process.join(), Ok(true)))
            })?;
            let no_answer = || Failure::new("the server did not answer");
            answered.then_some(()).ok_or_else(no_answer)
        })
    }

    /// Threads share the requests.
    ///
    /// # Errors
    /// If a thread gets no answer.
    pub fn asked_by_threads(
        &self,
        workers: usize,
        requests: usize,
        runs: usize,
    ) -> Result<Figure, Failure> {
        let address = self.address;
        measure(runs, || {
            let answered = thread::scope(|s| {
                let ask = move || ask(address, requests / workers).is_ok();
                let all: Vec<_> = (0..workers).map(|_| s.spawn(ask)).collect();
                all.into_iter()
                    .all(|thread| matches!(thread.join(), Ok(true)))
            });
            let no_answer = || Failure::new("the server did not answer");
            answered.then_some(()).ok_or_else(no_answer)
        })
    }
}

fn ask(server: SocketAddr, requests: usize) -> io::Result<()> {
    for _ in 0..requests {
        let mut server = TcpStream::connect(server)?;
        server.write_all(b"?")?;
        server.read_exact(&mut [0])?;
    }
    Ok(())
}

fn answer(mut client: TcpStream) -> io::Result<()> {
    client.read_exact(&mut [0])?;
    thread::sleep(DELAY); // as a disk or a distant machine would take
    client.write_all(b"!")
}
