"""A simulation whose answer does not depend on how many workers share it.

Each batch of random points has a random generator of its own, seeded by the batch's number. So a
batch comes out the same, whichever worker does it, and whenever.
"""

import argparse
import math
import multiprocessing
import os
import random
import time

BATCH = 10_000


def points_in_circle(seed, batch):
    """Of a batch of random points in the unit square, how many lie in the
    quarter circle?"""
    generator = random.Random(f"{seed} {batch}")
    return sum(generator.random() ** 2 + generator.random() ** 2 < 1 for _ in range(BATCH))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=min(8, len(os.sched_getaffinity(0))))
    parser.add_argument("--items", type=int, default=300, help=f"batches of {BATCH} points")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")
    items, seed = options.items, options.seed

    rows = []
    for workers in range(1, options.workers + 1):
        start = time.perf_counter()
        with multiprocessing.Pool(workers) as pool:
            hits = sum(pool.starmap(points_in_circle, [(seed, batch) for batch in range(items)]))
        rows.append((workers, 4 * hits / (items * BATCH), time.perf_counter() - start))

    answers = {pi for _, pi, _ in rows}
    error = abs(rows[0][1] - math.pi)
    print(f"{items * BATCH} random points, of seed {seed}, miss pi by {error:.6f}.\n")
    print(f"{'workers':<9}{'pi':>18}{'time':>11}")
    for workers, pi, seconds in rows:
        print(f"{workers:<9}{pi:>18}{seconds * 1000:>8.0f} ms")
    if len(answers) == 1:
        print("\nEach number of workers gives the same answer.")
    else:
        print("\nThe answers differ: the batches are not independent of each other.")
