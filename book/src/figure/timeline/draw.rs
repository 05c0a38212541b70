//! The picture of a timeline, and the same times as a table.

use maud::{Markup, html};

use super::{Block, Timeline, Unit, duration};
use crate::figure::chart::{Kind, Scale, show};

const WIDTH: f64 = 640.0;
/// Width for names, at the left.
const NAMES: f64 = 150.0;
const LANE: f64 = 26.0;
/// Height for the axis, at the bottom.
const AXIS: f64 = 30.0;

/// The figure; `source` says where the times are from.
pub(super) fn figure(timeline: &Timeline, source: &Markup) -> Markup {
    html! {
        figure.timeline {
            div.picture { (picture(timeline)) }
            figcaption {
                strong { "What ran when." } " A bar is a process, a block inside it is work for its pool. "
                @if timeline.more > 0 { (timeline.more) " more processes are not drawn. " }
                span.source { (source) }
            }
            details { summary { "The times as a table" } (table(timeline)) }
        }
    }
}

fn picture(timeline: &Timeline) -> Markup {
    let end = timeline.end();
    let unit = Unit::for_up_to(end);
    // Space at the right for half of the last tick's number.
    let scale = Scale::covering(Kind::Linear, 0.0, unit.of(end), (NAMES, WIDTH - 20.0));
    let place = |time: u64| scale.place(unit.of(time));
    let bottom = LANE * timeline.lanes.len() as f64;
    let bar = |from: u64, to: u64| {
        let (from, to) = (place(from), place(to));
        // Even the shortest bar is visible.
        (format!("{from:.1}"), format!("{:.1}", (to - from).max(1.5)))
    };
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (bottom + AXIS) } role="img" {
            title { "What ran when" }
            desc { (told(timeline)) " The times follow as a table." }
            @let ticks = scale.ticks();
            @for (index, tick) in ticks.iter().enumerate() {
                @let x = format!("{:.1}", scale.place(*tick));
                line.grid x1=(x) y1="0" x2=(x) y2=(bottom + 4.0) {}
                text.tick x=(x) y=(bottom + 22.0) text-anchor="middle" {
                    (show(*tick)) @if index + 1 == ticks.len() { " " (unit.name) }
                }
            }
            @for (index, lane) in timeline.lanes.iter().enumerate() {
                @let (x, width) = bar(lane.from, lane.to);
                g transform={ "translate(0 " (LANE * index as f64) ")" } {
                    text y="18" { (short(&lane.name)) }
                    rect.life x=(x) y="4" width=(width) height="18" {
                        title { (lane.name) ": " (span(unit, lane.from, lane.to)) }
                    }
                    @for block in &lane.blocks {
                        @let (x, width) = bar(block.from, block.to);
                        rect.block x=(x) y="7" width=(width) height="12" {
                            title {
                                (lane.name) ": " (work(block)) ", " (span(unit, block.from, block.to))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The name, shortened if necessary.
fn short(name: &str) -> String {
    let most = 18;
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

fn told(timeline: &Timeline) -> String {
    let blocks: usize = timeline.lanes.iter().map(|lane| lane.blocks.len()).sum();
    let processes = counted(timeline.lanes.len() as u64, "process", "processes");
    let blocks = match blocks {
        0 => String::new(),
        blocks => format!(
            " and {}",
            counted(blocks as u64, "block of work", "blocks of work")
        ),
    };
    format!("{processes}{blocks} in {}.", duration(timeline.end()))
}

fn work(block: &Block) -> String {
    let items = counted(block.items, "item", "items");
    match block.chunks {
        1 => items,
        chunks => format!("{items} in {chunks} chunks"),
    }
}

fn span(unit: Unit, from: u64, to: u64) -> String {
    format!("{} to {} {}", unit.show(from), unit.show(to), unit.name)
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn table(timeline: &Timeline) -> Markup {
    let unit = Unit::for_up_to(timeline.end());
    let times = |from: u64, to: u64| {
        html! { @for time in [from, to, to.saturating_sub(from)] { td { (unit.show(time)) } } }
    };
    html! {
        div.table-wrapper {
            table {
                thead {
                    tr {
                        th scope="col" { "Process" }
                        th scope="col" { "What" }
                        @for name in ["From", "To", "Took"] { th scope="col" { (name) " (" (unit.name) ")" } }
                    }
                }
                @for lane in &timeline.lanes {
                    tbody {
                        tr {
                            th scope="rowgroup" rowspan=(1 + lane.blocks.len()) { (lane.name) }
                            td { "process" }
                            (times(lane.from, lane.to))
                        }
                        @for block in &lane.blocks {
                            tr { td { (work(block)) } (times(block.from, block.to)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::timeline::Lane;

    fn drawn() -> String {
        let timeline = Timeline {
            lanes: vec![
                Lane {
                    name: "MainProcess".to_owned(),
                    from: 0,
                    to: 12_500,
                    blocks: vec![],
                },
                Lane {
                    name: "<Worker>".to_owned(),
                    from: 200,
                    to: 12_000,
                    blocks: vec![(1000, 3500, 1, 1).into(), (4000, 9000, 3, 6).into()],
                },
            ],
            more: 7,
        };
        figure(&timeline, &html! { "This run." }).into_string()
    }

    #[test]
    fn times_stand_at_the_blocks_and_in_the_table() {
        let drawn = drawn();
        let block = "<title>&lt;Worker&gt;: 1 item, 1 to 3.5 ms</title>";
        assert!(drawn.contains(block), "{drawn}");
        let rows = "<th scope=\"rowgroup\" rowspan=\"3\">&lt;Worker&gt;</th><td>process</td>";
        assert!(drawn.contains(rows), "{drawn}");
        let row = "<tr><td>6 items in 3 chunks</td><td>4</td><td>9</td><td>5</td></tr>";
        assert!(drawn.contains(row), "{drawn}");
        assert!(
            drawn.contains("2 processes and 2 blocks of work in 12.5 ms."),
            "{drawn}"
        );
        assert!(drawn.contains("7 more processes are not drawn."), "{drawn}");
    }

    #[test]
    fn what_is_short_can_be_seen() {
        assert_eq!(drawn().matches("<rect").count(), 4);
        let timeline = Timeline {
            lanes: vec![Lane {
                name: "Process-1".to_owned(),
                from: 5,
                to: 5,
                blocks: vec![],
            }],
            more: 0,
        };
        assert!(picture(&timeline).into_string().contains("width=\"1.5\""));
    }

    #[test]
    fn a_long_name_is_cut_in_the_picture_alone() {
        assert_eq!(short("ForkPoolWorker-12"), "ForkPoolWorker-12");
        assert_eq!(short(&"é".repeat(30)).chars().count(), 18);
    }
}
