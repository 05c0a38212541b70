lesson_testing::exercises! {
    crash
    share_out
}
