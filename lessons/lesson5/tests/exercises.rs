lesson_testing::exercises! {
    connection
    search
    two_stages
}
