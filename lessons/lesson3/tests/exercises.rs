lesson_testing::exercises! {
    first_answer
    return_value
    rows
}
