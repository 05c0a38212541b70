//! Draws the Mandelbrot set into one shared image: each process is lent rows of its own.
//!
//! ```sh
//! cargo run --release --example mandelbrot > mandelbrot.pgm
//! ```

use std::io::{self, IsTerminal, Write};
use std::thread;

use multiprocessing::{Array, process};

const WIDTH: usize = 1200;
const HEIGHT: usize = 800;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if io::stdout().is_terminal() {
        return Err("the image goes to stdout; send it to a file".into());
    }
    let workers = thread::available_parallelism()?.get();
    let mut image = Array::<u8>::new(WIDTH * HEIGHT)?;
    let rows = HEIGHT.div_ceil(workers);

    process::scope(|s| {
        for (band, pixels) in image.lend_mut().chunks(rows * WIDTH).enumerate() {
            s.spawn_with(pixels, move |pixels| {
                for (row, pixels) in pixels.chunks_mut(WIDTH).enumerate() {
                    draw_row(band * rows + row, pixels);
                }
            });
        }
    })?;

    let mut stdout = io::stdout().lock();
    writeln!(stdout, "P5 {WIDTH} {HEIGHT} 255")?;
    stdout.write_all(&image)?;
    Ok(())
}

fn draw_row(row: usize, pixels: &mut [u8]) {
    let y = row as f64 / HEIGHT as f64 * 2.4 - 1.2;
    for (column, pixel) in pixels.iter_mut().enumerate() {
        let x = column as f64 / WIDTH as f64 * 3.6 - 2.4;
        *pixel = 255 - steps_to_escape(x, y);
    }
}

/// How many steps it takes `z = z² + c` to leave the circle of radius 2, at most 255.
fn steps_to_escape(x: f64, y: f64) -> u8 {
    let (mut re, mut im) = (0.0, 0.0);
    for step in 0..=u8::MAX {
        if re * re + im * im > 4.0 {
            return step;
        }
        (re, im) = (re * re - im * im + x, 2.0 * re * im + y);
    }
    u8::MAX
}
