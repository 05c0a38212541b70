//! A batch of images made smaller: a folder in, a folder out, and a file
//! that is no image costs that file alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use image::{ImageReader, Rgb, RgbImage};
use lesson_measuring::{Failure, between, cores, progress};
use multiprocessing::{Pool, process};

/// Make all PNG and JPEG images of a folder smaller
///
/// Without folders, it makes some images up, and removes them again. If a
/// file is no image, it is named, the others are done, and the exit code is
/// 1.
#[derive(Parser)]
struct Options {
    /// The folder with the images
    #[arg(requires = "to")]
    from: Option<PathBuf>,
    /// The folder for the small images; it is made if it is missing, and
    /// nothing in it is overwritten
    to: Option<PathBuf>,
    /// How many workers share the images
    #[arg(long, default_value_t = cores(), value_parser = between(1..=256))]
    workers: usize,
    /// How wide and high the small images are at most, in pixels
    #[arg(long, default_value_t = 160, value_parser = between(1..=10_000))]
    size: usize,
    /// How many images to make up
    #[arg(long, default_value_t = 20, value_parser = between(1..=10_000))]
    items: usize,
}

fn main() -> Result<ExitCode, Failure> {
    process::exit_on_broken_pipe(); // so that `| head -1` ends us quietly
    let options = Options::parse();
    let mut pool = Pool::new(options.workers)?;

    let made_up; // a folder that is removed at the end of `main`
    let (from, to) = match (options.from, options.to) {
        (Some(from), Some(to)) => (from, to),
        _ => {
            made_up = tempfile::tempdir()?;
            make_up_images(&mut pool, made_up.path(), options.items)?;
            println!(
                "{} images are made up, and a file that is none.",
                options.items
            );
            (made_up.path().join("large"), made_up.path().join("small"))
        }
    };
    let files = files_in(&from)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", from.display())))?;
    fs::create_dir_all(&to)
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", to.display())))?;
    refuse_to_overwrite(&files, &to)?;

    let progress = progress(files.len());
    let tasks = files
        .iter()
        .map(|file| (file.clone(), to.clone(), options.size as u32));
    let mut failures = 0;
    // ANCHOR: batch
    for (file, result) in files.iter().zip(pool.imap(make_smaller, tasks)?) {
        // Two things can fail: the task can return an error, and its worker
        // can die of the file.
        let result = result.unwrap_or_else(|error| Err(error.to_string()));
        if let Err(reason) = result {
            failures += 1;
            let name = file.file_name().unwrap_or_default().display();
            progress.suspend(|| eprintln!("{name} is left out: {reason}"));
        }
        progress.inc(1);
    }
    // ANCHOR_END: batch
    progress.finish_and_clear();

    println!(
        "{} images are made smaller, {failures} left out.",
        files.len() - failures
    );
    Ok(if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn make_smaller((file, to, size): (PathBuf, PathBuf, u32)) -> Result<(), String> {
    let smaller = || {
        let image = ImageReader::open(&file)?.with_guessed_format()?.decode()?;
        let name = file.file_name().unwrap_or_default();
        image.thumbnail(size, size).save(to.join(name))
    };
    smaller().map_err(|error| error.to_string())
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The small images keep the names of the large ones, which may lie in the
/// same folder.
fn refuse_to_overwrite(files: &[PathBuf], to: &Path) -> Result<(), Failure> {
    let targets = files
        .iter()
        .filter_map(|file| Some(to.join(file.file_name()?)));
    match targets
        .into_iter()
        .find(|target| target.symlink_metadata().is_ok())
    {
        Some(target) => Err(Failure::new(format!(
            "{} exists already, and would be overwritten; name another folder",
            target.display()
        ))),
        None => Ok(()),
    }
}

fn make_up_images(pool: &mut Pool, folder: &Path, count: usize) -> Result<(), Failure> {
    let large = folder.join("large");
    fs::create_dir(&large)?;
    fs::write(
        large.join("broken.png"),
        "This is no image, though its name says so.",
    )?;
    let tasks = (1..=count as u32).map(|number| (large.clone(), number));
    let made = pool.map(make_up_image, tasks)?;
    made.into_iter()
        .collect::<Result<(), String>>()
        .map_err(Failure::new)
}

fn make_up_image((folder, number): (PathBuf, u32)) -> Result<(), String> {
    let rings = |x: u32, y: u32| {
        let distance = (x * x + y * y) / 512 * number;
        Rgb([distance as u8, (x / 4) as u8, (y / 4) as u8])
    };
    let image = RgbImage::from_fn(1024, 768, rings);
    let path = folder.join(format!("image{number:03}.png"));
    image.save(path).map_err(|error| error.to_string())
}
