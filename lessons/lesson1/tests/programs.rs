lesson_testing::programs! {
    main "lesson1": str::to_owned;
}
