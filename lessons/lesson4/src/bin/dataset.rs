//! Map-reduce over a large text: workers count the words of its parts, the
//! parent adds them up.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use lesson_measuring::{Failure, between, cores, measure, say_if_cores_are_few, table};
use multiprocessing::{Error, Pool, process};

/// Count the words of a large text, with one worker and with several
#[derive(Parser)]
struct Options {
    /// A text to read; otherwise one is made up
    file: Option<PathBuf>,
    /// How many workers share the text
    #[arg(long, default_value_t = cores().max(2), value_parser = between(1..=256))]
    workers: usize,
    /// The size of the text that is made up, in megabytes
    #[arg(long, default_value_t = 30, value_parser = between(1..=1000))]
    items: usize,
    /// Another seed makes up another text
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

type Counts = HashMap<String, u64>;

fn main() -> Result<(), Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let options = Options::parse();

    let text: Arc<str> = match &options.file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))?
            .into(),
        None => made_up_text(options.items * 1_000_000, options.seed).into(),
    };

    let mut counts = Counts::new();
    let mut rows = Vec::new();
    for workers in [1, options.workers] {
        let time = measure(3, || {
            counts = count(&text, workers)?;
            Ok::<_, Error>(())
        })?;
        rows.push([workers.to_string(), time.time().to_string()]);
    }

    let words: u64 = counts.values().sum();
    let megabytes = text.len() as f64 / 1e6;
    println!(
        "{megabytes:.1} MB of text: {words} words, {} different ones.\n",
        counts.len()
    );
    println!("{}", table(["workers", "time"], rows));
    say_if_cores_are_few(options.workers);
    let mut most: Vec<_> = counts.into_iter().collect();
    most.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
    let most = most
        .into_iter()
        .take(5)
        .map(|(word, count)| [word, count.to_string()]);
    println!("\n{}", table(["most frequent", "times"], most));
    Ok(())
}

fn count(text: &Arc<str>, workers: usize) -> Result<Counts, Error> {
    // ANCHOR: map_reduce
    // The text is not sent. It is in the memory that each worker has a copy
    // of when it is forked, and the system copies a page only if somebody
    // writes to it.
    let copy = Arc::clone(text);
    let mut pool = Pool::builder()
        .workers(workers)
        .initializer(move || Ok::<_, String>(Arc::clone(&copy)))
        .build()?;

    let parts = parts(text, workers * 8);
    // Map:
    let counted = pool.map_with(|text, (from, to)| count_words(&text[from..to]), parts)?;

    // Reduce:
    let mut counts = Counts::new();
    for (word, times) in counted.into_iter().flatten() {
        *counts.entry(word).or_default() += times;
    }
    // ANCHOR_END: map_reduce
    Ok(counts)
}

fn count_words(text: &str) -> Counts {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(word, times)| (word.to_owned(), times))
        .collect()
}

/// Parts of about equal length, which begin and end between words.
fn parts(text: &str, count: usize) -> Vec<(usize, usize)> {
    let edge = |part| match text.as_bytes()[text.len() * part / count..]
        .iter()
        .position(u8::is_ascii_whitespace)
    {
        Some(skipped) if part > 0 => text.len() * part / count + skipped,
        Some(_) => 0,
        None => text.len(),
    };
    (0..count)
        .map(|part| (edge(part), edge(part + 1)))
        .collect()
}

/// Words of two or three syllables, of which the first ones are by far the
/// most frequent.
fn made_up_text(bytes: usize, seed: u64) -> String {
    let syllables = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru"];
    let mut random = fastrand::Rng::with_seed(seed);
    let word = |_| {
        let length = random.usize(2..=3);
        (0..length)
            .map(|_| syllables[random.usize(..10)])
            .collect::<String>()
    };
    let words: Vec<String> = (0..1000).map(word).collect();
    let mut text = String::with_capacity(bytes + 8);
    while text.len() < bytes {
        let rank = 1000_f64.powf(random.f64()) as usize - 1;
        text.push_str(&words[rank]);
        text.push(if random.u8(..12) == 0 { '\n' } else { ' ' });
    }
    text
}
