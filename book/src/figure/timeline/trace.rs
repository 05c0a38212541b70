//! Reads the trace of a run, which has one event per line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

use serde::Deserialize;

use super::{Block, Lane, Timeline};

/// More would not fit on a page.
const MOST_LANES: usize = 20;
/// Chunks shorter than this fraction of the whole are merged into one block.
const TOO_CLOSE: u64 = 400;
/// A program that never ends writes a trace that never ends.
const MOST_EVENTS: usize = 100_000;

#[derive(Deserialize)]
struct Event {
    ph: String,
    #[serde(default)]
    cat: String,
    ts: f64,
    pid: u32,
    #[serde(default)]
    args: Args,
}

#[derive(Default, Deserialize)]
struct Args {
    name: Option<String>,
    items: Option<u64>,
}

impl Timeline {
    /// `None` if no process wrote a trace.
    ///
    /// # Errors
    /// If the file cannot be read or is not a trace.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => BufReader::new(file?),
        };
        let mut events = Vec::new();
        // After the opening bracket, each line is an event followed by a comma.
        for line in file.lines().skip(1).take(MOST_EVENTS) {
            events.push(serde_json::from_str(
                line?.trim_end().trim_end_matches(','),
            )?);
        }
        Ok(Some(of(&events)).filter(|timeline| !timeline.lanes.is_empty()))
    }
}

fn of(events: &[Event]) -> Timeline {
    let times = || events.iter().map(|event| event.ts);
    let (first, last) = (
        times().fold(f64::INFINITY, f64::min),
        times().fold(0.0, f64::max),
    );
    let since = |time: f64| (time - first).round() as u64;
    let end = since(last);

    let mut lanes: Vec<Lane> = Vec::new();
    // Process ids are reused.
    let mut lane_of = HashMap::new();
    for event in events {
        let at = since(event.ts);
        if event.ph == "M" {
            lane_of.insert(event.pid, lanes.len());
            lanes.push(Lane {
                name: event.args.name.clone().unwrap_or_default(),
                from: at,
                // Unless its end is in the trace.
                to: end,
                blocks: Vec::new(),
            });
            continue;
        }
        let Some(lane) = lane_of.get(&event.pid).map(|&index| &mut lanes[index]) else {
            continue;
        };
        match (event.ph.as_str(), event.cat.as_str()) {
            ("B", "chunk") => lane.blocks.push(Block {
                from: at,
                to: end,
                chunks: 1,
                items: event.args.items.unwrap_or(0),
            }),
            ("E", "chunk") => {
                if let Some(block) = lane.blocks.last_mut() {
                    block.to = at;
                }
            }
            ("E", "process") => lane.to = at,
            _ => {}
        }
    }
    in_order(&mut lanes);
    let more = lanes.len().saturating_sub(MOST_LANES);
    lanes.truncate(MOST_LANES);
    for lane in &mut lanes {
        lane.blocks = merged(&lane.blocks, end / TOO_CLOSE);
    }
    Timeline { lanes, more }
}

/// By number: `Process-2` may start before `Process-1`, but is drawn below it.
fn in_order(lanes: &mut [Lane]) {
    let kind = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let mut kinds = HashMap::new();
    for (index, lane) in lanes.iter().enumerate() {
        let kind = lane.name[..kind(&lane.name)].to_owned();
        kinds.entry(kind).or_insert(index);
    }
    lanes.sort_by_key(|lane| {
        let (kind, number) = lane.name.split_at(kind(&lane.name));
        (kinds[kind], number.parse().unwrap_or(0_u64))
    });
}

/// Blocks that can be told apart: short ones that follow closely are merged.
fn merged(blocks: &[Block], close: u64) -> Vec<Block> {
    let mut merged: Vec<Block> = Vec::new();
    for &block in blocks {
        match merged.last_mut() {
            Some(last) if block.to.saturating_sub(last.from) < close => {
                last.to = block.to;
                last.chunks += block.chunks;
                last.items += block.items;
            }
            _ => merged.push(block),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(lines: &[&str]) -> Vec<Event> {
        let event = |line: &&str| serde_json::from_str(line).unwrap();
        lines.iter().map(event).collect()
    }

    #[test]
    fn a_process_is_a_lane_and_a_chunk_a_block() {
        let timeline = of(&events(&[
            r#"{"ph":"M","ts":1000.0,"pid":1,"args":{"name":"MainProcess"}}"#,
            r#"{"ph":"B","cat":"process","ts":1000.0,"pid":1,"args":{}}"#,
            r#"{"ph":"M","ts":1010.0,"pid":2,"args":{"name":"Worker-1"}}"#,
            r#"{"ph":"B","cat":"process","ts":1010.0,"pid":2,"args":{}}"#,
            r#"{"ph":"B","cat":"chunk","ts":1020.0,"pid":2,"args":{"items":3}}"#,
            r#"{"ph":"E","cat":"chunk","ts":1040.0,"pid":2}"#,
            r#"{"ph":"E","cat":"process","ts":1050.0,"pid":2}"#,
            r#"{"ph":"E","cat":"process","ts":1060.0,"pid":1}"#,
        ]));
        let [main, worker] = &timeline.lanes[..] else {
            panic!("two lanes");
        };
        assert_eq!(
            (main.name.as_str(), main.from, main.to),
            ("MainProcess", 0, 60)
        );
        assert_eq!((worker.from, worker.to), (10, 50));
        assert_eq!(worker.blocks, [(20, 40, 1, 3).into()]);
    }

    #[test]
    fn a_process_that_was_still_running_lasts_to_the_end() {
        let timeline = of(&events(&[
            r#"{"ph":"M","ts":0.0,"pid":1,"args":{"name":"MainProcess"}}"#,
            r#"{"ph":"M","ts":5.0,"pid":2,"args":{"name":"Worker-1"}}"#,
            r#"{"ph":"B","cat":"chunk","ts":6.0,"pid":2,"args":{"items":1}}"#,
            r#"{"ph":"M","ts":90.0,"pid":3,"args":{"name":"Worker-2"}}"#,
        ]));
        assert_eq!(timeline.lanes[0].to, 90);
        assert_eq!(timeline.lanes[1].blocks, [(6, 90, 1, 1).into()]);
    }

    #[test]
    fn a_reused_process_id_is_another_lane() {
        let timeline = of(&events(&[
            r#"{"ph":"M","ts":0.0,"pid":7,"args":{"name":"Process-1"}}"#,
            r#"{"ph":"E","cat":"process","ts":2.0,"pid":7}"#,
            r#"{"ph":"M","ts":4.0,"pid":7,"args":{"name":"Process-2"}}"#,
            r#"{"ph":"E","cat":"process","ts":6.0,"pid":7}"#,
        ]));
        let lives: Vec<_> = timeline
            .lanes
            .iter()
            .map(|lane| (lane.from, lane.to))
            .collect();
        assert_eq!(lives, [(0, 2), (4, 6)]);
    }

    #[test]
    fn processes_of_a_kind_stand_in_the_order_of_their_numbers() {
        let lane = |name: &str| Lane {
            name: name.to_owned(),
            from: 0,
            to: 1,
            blocks: vec![],
        };
        let names = ["Main", "Process-10", "Other", "Process-9", "Process-9:1"];
        let mut lanes = names.map(lane);
        in_order(&mut lanes);
        let names = lanes.map(|lane| lane.name);
        assert_eq!(
            names,
            ["Main", "Process-9", "Process-10", "Other", "Process-9:1"]
        );
    }

    #[test]
    fn chunks_too_short_to_be_seen_are_one_block() {
        let short: Vec<Block> = (0..10).map(|n| (n * 10, n * 10 + 9, 1, 2).into()).collect();
        assert_eq!(
            merged(&short, 50),
            [(0, 49, 5, 10).into(), (50, 99, 5, 10).into()]
        );
        assert_eq!(merged(&short, 9).len(), 10);
    }
}
