use super::layout::{HEADER, SMALLEST_SEGMENT};
use super::*;
use crate::fuzz;
use crate::sys::window::Window;

fn new_arena() -> (Window, Writer, Reader) {
    let window = new_window().expect("a file");
    let writer = Writer::new(&window).expect("a writer");
    let reader = Reader::default();
    (window, writer, reader)
}

fn bytes(file: &Window, reader: &mut Reader, block: Block) -> Vec<u8> {
    let mapping = reader.mapping(file, block.at, block.len).expect("bytes");
    // SAFETY: the writer is this thread, which does not write meanwhile.
    unsafe { mapping.bytes(block.at, block.len) }.to_vec()
}

fn give_back(file: &Window, reader: &mut Reader, block: Block) {
    let mapping = reader.mapping(file, block.at, block.len).expect("bytes");
    release(mapping, block.segment);
}

/// A worker that is killed while its block moves a second time, back to where it was published,
/// would leave other bytes there.
#[test]
fn what_was_published_stays_while_the_block_moves() {
    let (window, mut writer, mut reader) = new_arena();
    let mut first = writer.open();
    writer
        .append(&window, &mut first, &vec![1; 200_000])
        .expect("room");
    writer.close(first);

    // The rest of the large segment is published.
    let mut block = writer.open();
    give_back(&window, &mut reader, first);
    assert_eq!(block.segment, first.segment);
    let end = writer.segments[writer.current].end;
    let rest = vec![2; (end - block.at) as usize];
    writer.append(&window, &mut block, &rest).expect("room");
    writer.publish();
    let published = block;
    assert_eq!(block.segment, first.segment);
    let whole = (end - first.segment - HEADER) as usize;
    for more in [1, whole - rest.len() - 1] {
        writer
            .append(&window, &mut block, &vec![3; more])
            .expect("room");
        assert_ne!(block.segment, first.segment, "{more} more");
        assert_eq!(bytes(&window, &mut reader, published), rest);
    }
}

/// An append may fail after the block was moved; then the block is given up.
#[test]
fn a_block_that_was_given_up_leaves_no_trace() {
    let (window, mut writer, mut reader) = new_arena();
    let mut kept = writer.open();
    let most = vec![1; (SMALLEST_SEGMENT - HEADER) as usize - 8];
    writer.append(&window, &mut kept, &most).expect("room");
    writer.close(kept);
    let mut given_up = writer.open();
    writer
        .append(&window, &mut given_up, &[2; 100])
        .expect("room");
    for i in 0..100 {
        let mut next = writer.open();
        writer.append(&window, &mut next, &[i; 5000]).expect("room");
        writer.close(next);
        let segment = writer.segments.iter().find(|s| s.start == next.segment);
        let segment = segment.expect("its segment");
        assert!(segment.start + HEADER <= next.at && next.at + next.len <= segment.end);
        assert_eq!(bytes(&window, &mut reader, next), [i; 5000]);
    }
    assert_eq!(bytes(&window, &mut reader, kept), most);
}

#[test]
fn room_that_was_given_back_is_used_again() {
    let (window, mut writer, mut reader) = new_arena();
    let mut blocks = std::collections::VecDeque::new();
    for i in 0..100_000_usize {
        let mut block = writer.open();
        let len = 10 + i * 7919 % 10_000;
        writer
            .append(&window, &mut block, &vec![7; len])
            .expect("room");
        writer.close(block);
        blocks.push_back(block);
        if blocks.len() > 40
            && let Some(oldest) = blocks.pop_front()
        {
            give_back(&window, &mut reader, oldest);
        }
    }
    let len = writer.mapping.len();
    assert!(len < 8 << 20, "{len} bytes for 40 blocks of 5000 bytes");
}

/// No segment has room for the next block, but several together do.
#[test]
fn blocks_that_get_larger_and_larger() {
    for at_once in [1, 4] {
        let (window, mut writer, mut reader) = new_arena();
        let mut most = 0;
        for i in 0..200_usize {
            let blocks: Vec<(Block, Vec<u8>)> = (0..at_once)
                .map(|j| {
                    let content = vec![j; 100_000 + 5000 * i];
                    let mut block = writer.open();
                    writer.append(&window, &mut block, &content).expect("room");
                    writer.close(block);
                    most = most.max(content.len() * usize::from(at_once));
                    (block, content)
                })
                .collect();
            for (block, content) in blocks {
                assert_eq!(bytes(&window, &mut reader, block), content);
                give_back(&window, &mut reader, block);
            }
        }
        let len = writer.mapping.len() as usize;
        assert!(len < 4 * most, "{len} bytes for {most}");
    }
}

/// The segment that holds the last block is no exception.
#[test]
fn a_large_block_takes_the_place_of_the_last() {
    let (window, mut writer, mut reader) = new_arena();
    for i in 0..10 {
        let mut block = writer.open();
        let content = vec![i; 1_000_000];
        writer.append(&window, &mut block, &content).expect("room");
        writer.close(block);
        assert_eq!(bytes(&window, &mut reader, block), content);
        give_back(&window, &mut reader, block);
    }
    assert_eq!(writer.segments.len(), 1);
}

/// Whatever numbers a worker has left, none of them leads out of the mapping.
#[test]
fn numbers_that_make_no_sense() {
    let (window, _, mut reader) = new_arena();
    let edges = [
        0,
        8,
        16,
        SMALLEST_SEGMENT,
        1 << 32,
        i64::MAX as u64,
        u64::MAX,
    ];
    let around =
        |edge: u64| (0..40).flat_map(move |d| [edge.wrapping_sub(d), edge.wrapping_add(d)]);
    for at in edges.into_iter().flat_map(around) {
        for len in edges.into_iter().flat_map(around) {
            if let Ok(mapping) = reader.mapping(&window, at, len) {
                assert!(at.checked_add(len).expect("an end") <= mapping.len());
            }
        }
        release(reader.mapping(&window, 0, 0).expect("a mapping"), at);
    }
}

/// Even if blocks that never existed are released, what is written next can be read.
#[test]
fn blocks_that_never_were_are_given_back() {
    fuzz::rounds(50, |rng| {
        let (window, mut writer, mut reader) = new_arena();
        for i in 0..20 {
            let mut block = writer.open();
            let content = vec![i; rng.usize(..30_000)];
            writer.append(&window, &mut block, &content).expect("room");
            writer.close(block);
            assert_eq!(bytes(&window, &mut reader, block), content);
            let number = fuzz::number(rng);
            release(reader.mapping(&window, 0, 0).expect("a mapping"), number);
        }
    });
}
