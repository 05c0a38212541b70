//! Counts the words of many files in parallel. A file that can't be read does not affect the
//! others.
//!
//! ```sh
//! cargo run --release --example word_count -- README.md src/*.rs
//! ```

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, thread};

use multiprocessing::Pool;

fn main() -> Result<ExitCode, multiprocessing::Error> {
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        eprintln!("Name the files to count the words of.");
        return Ok(ExitCode::from(2));
    }

    let mut pool = Pool::new(thread::available_parallelism().map_or(1, usize::from))?;
    let mut total: HashMap<String, u64> = HashMap::new();
    let mut failed = 0;
    // Only the counts come back; the text of a file never leaves its worker.
    for (file, counted) in files.iter().zip(pool.imap(count_words, files.clone())?) {
        // Two things can fail: reading the file, and the worker itself.
        match counted.map_err(|error| error.to_string()).flatten() {
            Ok(words) => {
                for (word, count) in words {
                    *total.entry(word).or_default() += count;
                }
            }
            Err(reason) => {
                failed += 1;
                eprintln!("{}: {reason}", file.display());
            }
        }
    }

    let mut words: Vec<(String, u64)> = total.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (word, count) in words.iter().take(10) {
        println!("{count:8} {word}");
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}

fn count_words(file: PathBuf) -> Result<HashMap<String, u64>, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut words = HashMap::new();
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    Ok(words)
}
