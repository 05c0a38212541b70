"""A batch of images made smaller: a folder in, a folder out, and a file
that is no image costs that file alone."""

import argparse
import functools
import multiprocessing
import os
import pathlib
import sys
import tempfile

try:
    from PIL import Image
except ImportError:
    sys.exit("This program needs Pillow: python3 -m pip install pillow")


def make_smaller(file, to, size):
    """What is wrong with the file, if anything is."""
    try:
        with Image.open(file) as image:
            image.thumbnail((size, size))
            image.save(to / file.name)
    except OSError as error:
        return str(error)
    return None


def make_up_image(number, folder):
    image = Image.radial_gradient("L").resize((1024, 768)).point(lambda x: x * number % 256)
    image.save(folder / f"image{number:03}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=pathlib.Path, help="from and to")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--items", type=int, default=20)
    options = parser.parse_args()
    if len(options.folders) not in (0, 2):
        parser.error("name two folders, or none")
    if min(options.workers, options.size, options.items) < 1:
        parser.error("--workers, --size and --items must be at least 1")

    with multiprocessing.Pool(options.workers) as pool, tempfile.TemporaryDirectory() as made_up:
        if options.folders:
            from_, to = options.folders
        else:
            from_, to = pathlib.Path(made_up, "large"), pathlib.Path(made_up, "small")
            from_.mkdir()
            (from_ / "broken.png").write_text("This is no image, though its name says so.")
            numbers = range(1, options.items + 1)
            pool.map(functools.partial(make_up_image, folder=from_), numbers)
            print(f"{options.items} images are made up, and a file that is none.", flush=True)
        to.mkdir(parents=True, exist_ok=True)
        files = sorted(file for file in from_.iterdir() if file.is_file())
        # The small images keep the names of the large ones.
        for file in files:
            target = to / file.name
            if os.path.lexists(target):
                sys.exit(f"{target} exists already, and would be overwritten; name another folder")

        failures = 0
        results = pool.imap(functools.partial(make_smaller, to=to, size=options.size), files)
        for file, problem in zip(files, results):
            if problem:
                failures += 1
                print(f"{file.name} is left out: {problem}", file=sys.stderr)
        print(f"{len(files) - failures} images are made smaller, {failures} left out.")
        return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
