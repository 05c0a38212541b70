use std::fs;
use std::process::Output;

use lesson_testing::{printed_by, shape, within_a_minute};

lesson_testing::programs! {
    main "lesson4": shape, python;
    chunks "chunks" "--workers=2" "--items=16": shape, python;
    dataset "dataset" "--workers=2" "--items=1": shape, python;
    one_process_each "one_process_each" "--workers=2" "--items=4": shape, python;
    simulation "simulation" "--workers=2" "--items=20": shape, python;
    who_did_what "who_did_what": str::to_owned;
    + batch;
}

lesson_testing::options! {
    "lesson4" "--workers=0" "--items=27";
    "batch" "--workers=0" "--size=0" "--items=no";
    "chunks" "--workers=1" "--items=0";
    "dataset" "--workers=0" "--items=0" "--seed=-1";
    "one_process_each" "--workers=0" "--items=0";
    "simulation" "--workers=0" "--items=0" "--seed=x";
}

#[test]
fn all_four_workers_take_part() {
    let printed = printed_by(&mut within_a_minute(env!("CARGO_BIN_EXE_who_did_what")));
    for worker in 1..=4 {
        let name = format!("ForkPoolWorker-{worker}.");
        assert!(printed.contains(&name), "{name} did nothing:\n{printed}");
    }
}

#[test]
fn the_timeline_has_a_lane_for_each_worker_that_worked_and_a_block_for_each_task() {
    let mut main = within_a_minute(env!("CARGO_BIN_EXE_lesson4"));
    let printed = printed_by(main.args(["--workers=3", "--items=7"]));
    let lanes: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("PoolWorker"))
        .collect();
    assert!((1..=3).contains(&lanes.len()), "{printed}");
    let letters = |lane: &&str| -> Vec<char> {
        let lane = lane["ForkPoolWorker-1".len()..].chars();
        lane.filter(char::is_ascii_uppercase).collect()
    };
    assert!(
        lanes.iter().all(|lane| !letters(lane).is_empty()),
        "{printed}"
    );
    let mut tasks: Vec<char> = lanes.iter().flat_map(letters).collect();
    tasks.sort_unstable();
    assert_eq!(tasks, ['A', 'B', 'C', 'D', 'E', 'F', 'G'], "{printed}");
}

#[test]
fn a_simulation_gives_the_same_answer_for_each_number_of_workers() {
    let answers = |seed: &str| -> Vec<String> {
        let mut simulation = within_a_minute(env!("CARGO_BIN_EXE_simulation"));
        let printed = printed_by(simulation.args(["--workers=8", "--items=50", seed]));
        let rows = printed
            .lines()
            .filter(|line| line.ends_with(" ms") || line.ends_with(" µs"));
        rows.filter_map(|row| Some(row.split_whitespace().nth(1)?.to_owned()))
            .collect()
    };
    let first = answers("--seed=7");
    assert_eq!(first.len(), 8);
    assert!(first.iter().all(|answer| *answer == first[0]), "{first:?}");
    assert_eq!(first, answers("--seed=7"));
    assert_ne!(first, answers("--seed=8"));
}

#[test]
fn a_text_has_the_same_words_whoever_counts_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("text");
    fs::write(&file, "one two\ntwo  three\tthree three\n".repeat(100)).expect("a text");
    for workers in ["1", "2", "7"] {
        let mut dataset = within_a_minute(env!("CARGO_BIN_EXE_dataset"));
        let printed = printed_by(dataset.arg(&file).args(["--workers", workers]));
        assert!(
            printed.contains("600 words, 3 different ones."),
            "{printed}"
        );
        let most: Vec<&str> = printed.split_whitespace().rev().take(6).collect();
        assert_eq!(
            most,
            ["100", "one", "200", "two", "300", "three"],
            "{printed}"
        );
    }

    let missing = folder.path().join("missing");
    let output = within_a_minute(env!("CARGO_BIN_EXE_dataset"))
        .arg(&missing)
        .output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(&missing.display().to_string()), "{text}");
}

mod batch {
    use super::*;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_batch");

    fn run(program: &mut std::process::Command) -> (Option<i32>, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = program.output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        (status.code(), text(stdout), text(stderr))
    }

    #[test]
    fn a_file_that_is_no_image_is_named_and_the_others_are_done() {
        let (code, printed, errors) = run(within_a_minute(PROGRAM).arg("--items=3"));
        assert_eq!(
            printed,
            "3 images are made up, and a file that is none.\n\
             3 images are made smaller, 1 left out.\n"
        );
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.starts_with("broken.png is left out: "), "{errors}");
        assert_eq!(code, Some(1));
    }

    #[test]
    fn python_twin_does_the_same() {
        let Some(mut twin) = lesson_testing::python_twin("batch") else {
            return;
        };
        let (code, printed, errors) = run(twin.arg("--items=2"));
        if errors.contains("pip install pillow") {
            return;
        }
        assert!(
            printed.ends_with("2 images are made smaller, 1 left out.\n"),
            "{printed}"
        );
        assert!(errors.starts_with("broken.png is left out: "), "{errors}");
        assert_eq!(code, Some(1));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_is_not_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing");
        for to in [missing.clone(), folder.path().join("to")] {
            let (code, printed, errors) = run(within_a_minute(PROGRAM).args([&missing, &to]));
            assert_eq!((code, printed.as_str()), (Some(1), ""));
            assert!(errors.contains("cannot read "), "{errors}");
            assert!(!to.exists());
        }
    }

    #[test]
    fn a_folder_of_images_becomes_a_folder_of_small_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir(&from).expect("a folder");
        for (name, width, height) in [("a.png", 300, 150), ("b.jpg", 50, 200)] {
            image::RgbImage::new(width, height)
                .save(from.join(name))
                .expect("an image");
        }
        let mut batch = within_a_minute(PROGRAM);
        let (code, printed, errors) = run(batch.arg("--size=100").args([&from, &to]));
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{printed}");
        assert_eq!(printed, "2 images are made smaller, 0 left out.\n");
        let size = |name| image::image_dimensions(to.join(name)).expect("an image");
        assert_eq!((size("a.png"), size("b.jpg")), ((100, 50), (25, 100)));
    }

    #[test]
    fn refuses_to_overwrite_an_image() {
        let folder = tempfile::tempdir().expect("a folder");
        let (images, alias) = (folder.path().join("images"), folder.path().join("alias"));
        fs::create_dir(&images).expect("a folder");
        std::os::unix::fs::symlink(&images, &alias).expect("a link");
        let image = images.join("a.png");
        image::RgbImage::new(300, 150)
            .save(&image)
            .expect("an image");
        let before = fs::read(&image).expect("the image");
        for to in [&images, &alias] {
            let (code, printed, errors) = run(within_a_minute(PROGRAM).args([&images, to]));
            assert_eq!((code, printed.as_str()), (Some(1), ""));
            assert!(errors.contains("a.png exists already"), "{errors}");
            assert_eq!(errors.lines().count(), 1, "{errors}");
            assert_eq!(fs::read(&image).expect("the image"), before);
        }
    }

    #[test]
    fn ends_quietly_when_nobody_reads() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut batch = within_a_minute(PROGRAM);
        let (code, _, errors) = run(batch.arg("--items=1").stdout(writer));
        assert_eq!((code, errors.as_str()), (None, ""));
    }

    #[test]
    fn says_that_it_may_not_start_processes() {
        lesson_testing::assert_says_that_it_may_not_start_processes(PROGRAM);
    }

    #[test]
    fn says_which_folder_is_missing() {
        let (code, _, errors) = run(within_a_minute(PROGRAM).args(["/no/such", "/tmp"]));
        assert_eq!(code, Some(1));
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains("/no/such"), "{errors}");
    }
}
