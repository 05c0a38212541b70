lesson_testing::programs! {
    main "lesson2": str::to_owned;
}
