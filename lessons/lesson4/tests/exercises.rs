lesson_testing::exercises! {
    retry
    uneven
    word_count
}
