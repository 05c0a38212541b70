use lesson_testing::sort_lines;

lesson_testing::programs! {
    main "lesson6": |printed| sort_lines(printed, "Process ");
    from_zero "from_zero": |printed| sort_lines(printed, "Process ");
    interleaved "interleaved": sort_torn_line_and_whole_lines;
    names "names": |printed| sort_lines(printed, "Process-");
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
