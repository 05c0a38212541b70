"""Small chunks or large ones: who waits for whom, and what it costs to hand
them out."""

import argparse
import multiprocessing
import os
import statistics
import time

TINY = 20_000
WIDTH = 40


def task(number):
    """Which worker did it, and how many seconds it took."""
    start = time.perf_counter()
    total = 0
    for n in range(5000 * number):
        total += n % 7
    return multiprocessing.current_process().name, time.perf_counter() - start


def plus_one(number):
    return number + 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--workers", type=int, default=max(2, min(4, cores)))
    parser.add_argument("--items", type=int, default=48)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")
    workers, items = options.workers, options.items

    def sizes(count):
        return 1, -(-count // (4 * workers)), -(-count // workers)

    with multiprocessing.Pool(workers) as pool:
        print(f"{items} tasks, each longer than the one before it. █ works, · waits for the others.")
        for chunk_size in sizes(items):
            start = time.perf_counter()
            done = pool.map(task, range(items), chunk_size)
            whole = time.perf_counter() - start

            busy = {}
            for worker, seconds in done:
                busy[worker] = busy.get(worker, 0) + seconds
            print(f"\nChunks of {chunk_size}: {whole * 1000:.0f} ms")
            for worker in sorted(busy):
                work = min(WIDTH, round(busy[worker] / whole * WIDTH))
                print(f"  {worker:<17} {'█' * work}{'·' * (WIDTH - work)}")

        print(f"\n{TINY} tasks that do next to nothing:\n")
        print(f"{'chunk size':<10}{'time':>14}{'each task':>20}")
        for chunk_size in sizes(TINY):
            times = []
            for _ in range(5):
                start = time.perf_counter()
                pool.map(plus_one, range(TINY), chunk_size)
                times.append(time.perf_counter() - start)
            median = statistics.median(times)
            spread = statistics.median(abs(t - median) for t in times)
            whole = f"{median * 1e3:.0f} ± {spread * 1e3:.0f} ms"
            each = f"{median / TINY * 1e6:.2f} ± {spread / TINY * 1e6:.2f} µs"
            print(f"{chunk_size:<10}{whole:>14}{each:>20}")
