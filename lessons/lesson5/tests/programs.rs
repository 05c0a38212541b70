use lesson_testing::sort_lines;

lesson_testing::programs! {
    main "lesson5": str::to_owned;
    async_results "async_results": str::to_owned;
    doubles "doubles": str::to_owned;
    five_workers "five_workers": str::to_owned;
    how_many "how_many": str::to_owned;
    killed_worker "killed_worker": str::to_owned, hangs;
    order "order": |printed| sort_lines(printed, "imap_unordered");
}
