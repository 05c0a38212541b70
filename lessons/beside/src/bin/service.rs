//! A web service that computes in a pool of two, a tenth of a second at
//! most for each request.

use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Router, routing::get};
use multiprocessing::{Pool, StartMethod};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

type Workers = State<Arc<Mutex<Pool>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Tokio's threads run already, so the workers are not forked here.
    let pool = Pool::builder()
        .workers(2)
        .task_timeout(Duration::from_millis(100))
        .start_method(StartMethod::ForkServer)
        .build()?;
    let routes = Router::new()
        .route("/steps/{start}", get(answer))
        .with_state(Arc::new(Mutex::new(pool)));

    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("http://{}/steps/27", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn answer(State(pool): Workers, Path(start): Path<u64>) -> (StatusCode, String) {
    let computed = spawn_blocking(move || {
        // Locked only to submit the task, not to wait for it.
        let task = pool.lock().expect("no panic").apply_async(steps, start)?;
        task.get()
    });
    match computed.await.expect("no panic") {
        Ok(steps) => (StatusCode::OK, format!("{steps} steps\n")),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

/// How many steps the Collatz sequence takes from `start` to 1. From 0 it
/// never gets there.
fn steps(start: u64) -> u64 {
    let (mut number, mut steps) = (start, 0);
    while number != 1 {
        number = match number % 2 {
            0 => number / 2,
            _ => 3 * number + 1,
        };
        steps += 1;
    }
    steps
}
