lesson_testing::exercises! {
    in_turn
    one_piece
}
