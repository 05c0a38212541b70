lesson_testing::exercises! {
    last_sender
    lost_update
}
