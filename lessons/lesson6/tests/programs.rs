use lesson_testing::sort_lines;

lesson_testing::programs! {
    main "lesson6": |printed| sort_lines(printed, "Process ");
    from_zero "from_zero": |printed| sort_lines(printed, "Process ");
    interleaved "interleaved": sort_torn_line_and_whole_lines;
    names "names": |printed| sort_lines(printed, "Process-");
    orders "orders": without_luck;
    pooled "pooled": |printed| sort_lines(printed, "Process ");
}

fn sort_torn_line_and_whole_lines(printed: &str) -> String {
    let (separately, at_once) = printed
        .split_once("One write a line:\n")
        .expect("two parts");
    let (torn, newlines) = separately.split_once("\n\n").expect("a torn line");
    let (title, texts) = torn.split_once('\n').expect("a title");
    let texts = texts.replace("Process ", "\nProcess ");
    let texts = sort_lines(&texts, "Process ").replace('\n', "");
    let lines = sort_lines(at_once, "Process ");
    format!("{title}\n{texts}\n\n{newlines}One write a line:\n{lines}")
}

/// Which orders a run sees, and how often, is luck. But each is one of the four numbers, and their
/// frequencies add up.
fn without_luck(printed: &str) -> String {
    let mut times = 0;
    let mut lines = Vec::new();
    for line in printed.lines() {
        if let Some((order, count)) = line.strip_suffix(" times").and_then(|l| l.split_once(": ")) {
            let mut numbers: Vec<&str> = order.split(' ').collect();
            numbers.sort_unstable();
            assert_eq!(numbers, ["1", "2", "3", "4"], "{line}");
            times += count.parse::<usize>().expect("a number");
        } else if line.starts_with("On this run") {
            lines.push(format!("[{times} orders]"));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}
