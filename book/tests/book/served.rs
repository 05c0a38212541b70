//! A served book, and requests as a browser sends them.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use book::project::Project;
use book::run::Rules;
use book::serve::{Options, Server};

/// Only something that never ends takes this long. The first run of a program includes building its
/// dependencies, perhaps on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) fn rules() -> Rules {
    Rules {
        supervisor: env!("CARGO_BIN_EXE_book").into(),
        ..Rules::usual()
    }
}

/// Serves it until the test program ends.
pub(crate) fn serve(project: Project, folder: PathBuf, rules: Rules) -> SocketAddr {
    serve_with(project, folder, rules, Options::default())
}

/// On a free port, whatever `options` say.
pub(crate) fn serve_with(
    project: Project,
    folder: PathBuf,
    rules: Rules,
    options: Options,
) -> SocketAddr {
    let options = Options {
        port: Some(0),
        ..options
    };
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::start(project, rules, &folder, options).await;
            let server = server.unwrap_or_else(|error| panic!("{error}"));
            sender.send(server.address()).unwrap();
            server.run().await.unwrap();
        });
    });
    address.recv_timeout(PATIENCE).unwrap()
}

/// Sends a request, head and body as given.
pub(crate) fn send(address: SocketAddr, request: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream)
}

pub(crate) fn ask(address: SocketAddr, path: &str, close: &str) -> BufReader<TcpStream> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: {close}\r\n\r\n");
    send(address, &head)
}

pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let mut answer = String::new();
    ask(address, path, "close")
        .read_to_string(&mut answer)
        .unwrap();
    answer
}
