"""Twelve tasks of uneven length on four workers, drawn as a timeline: a
lane a worker, a block a task."""

import argparse
import multiprocessing
import time


def task(number):
    """Some tasks take about ten times as long as others. Python's pool
    keeps no trace, so each task says itself when and by whom it was
    done."""
    start = time.monotonic()
    total = 0
    for n in range((1 + number * 7 % 5) * 300_000):
        total += n % 7
    return multiprocessing.current_process().name, start, time.monotonic()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--items", type=int, default=12)
    options = parser.parse_args()
    if options.workers < 1 or not 1 <= options.items <= 26:
        parser.error("--workers must be at least 1, and --items from 1 to 26")

    with multiprocessing.Pool(options.workers) as pool:
        # Chunks of one task each: a worker takes another as soon as it has
        # done one.
        done = pool.map(task, range(options.items), chunksize=1)

    begin = min(start for _, start, _ in done)
    end = max(end for _, _, end in done)
    starts = sorted(start for _, start, _ in done)

    label = max(len(worker) for worker, _, _ in done)
    width = 78 - label

    def column(moment):
        return round((moment - begin) / (end - begin) * width)

    print(f"{options.items} tasks, lettered in the order in which they began:\n")
    for worker in sorted({worker for worker, _, _ in done}, key=lambda name: (len(name), name)):
        lane = ["·"] * width
        for _, start, stop in (task for task in done if task[0] == worker):
            letter = chr(ord("A") + starts.index(start))
            first = min(column(start), width - 1)
            last = max(column(stop), first + 1)
            lane[first:last] = letter.lower() * (last - first)
            lane[first] = letter
        print(f"{worker:<{label}} {''.join(lane)}")
    whole = f"{(end - begin) * 1000:.0f} ms"
    print(f"{'':<{label}} 0{whole:>{width - 1}}")
