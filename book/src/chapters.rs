//! The chapters as documentation, so that `cargo test --doc` compiles and runs their fenced Rust.
//! A test checks that no chapter is missing here.

macro_rules! chapters {
    ($($name:ident = $path:literal,)*) => {
        $(#[doc = include_str!(concat!("../chapters/", $path))] mod $name {})*
    };
}

chapters! {
    introduction = "introduction.md",
    from_python = "from-python.md",
    lesson1 = "lesson1.md",
    lesson2 = "lesson2.md",
    talking_and_waiting = "lesson2/talking-and-waiting.md",
    lesson3 = "lesson3.md",
    lesson4 = "lesson4.md",
    lesson5 = "lesson5.md",
    lesson6 = "lesson6.md",
    underneath = "underneath.md",
    fork_and_wait = "underneath/fork-and-wait.md",
    copy_on_write = "underneath/copy-on-write.md",
    the_fork_server = "underneath/the-fork-server.md",
    shared_memory = "underneath/shared-memory.md",
    a_task = "underneath/a-task.md",
    a_death = "underneath/a-death.md",
    faults = "faults.md",
    beside = "beside.md",
    measured = "measured.md",
    claims = "claims.md",
    glossary = "glossary.md",
}
