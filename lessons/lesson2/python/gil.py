"""Python's global interpreter lock, seen: the same work by threads and by
processes."""

import argparse
import multiprocessing
import os
import statistics
import sys
import threading
import time

RUNS = 5


def count_primes(parts):
    count = 0
    for part in parts:
        for n in part:
            divisor = 2
            while divisor * divisor <= n and n % divisor:
                divisor += 1
            count += n > 1 and divisor * divisor > n
    return count


def measure(worker, count, items):
    """The median of the times of several runs, in seconds, and their
    spread: half lie within it."""
    # Large numbers take longer than small ones, so each worker gets some of
    # both.
    edges = [items * slice // (16 * count) for slice in range(16 * count + 1)]
    slices = [range(*edge) for edge in zip(edges, edges[1:])]
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        workers = [worker(target=count_primes, args=(slices[i::count],)) for i in range(count)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    return median, statistics.median(abs(t - median) for t in times)


def shown(figure):
    return f"{figure[0] * 1000:.0f} ± {figure[1] * 1000:.0f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=max(2, min(8, len(os.sched_getaffinity(0)))))
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--tsv", action="store_true", help="print the figures with tabs between them")
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")

    rows = []
    for name, worker in [("threads", threading.Thread), ("processes", multiprocessing.Process)]:
        rows.append((name, *(measure(worker, n, options.items) for n in (1, options.workers))))
    # Before Python 3.13, there was always a lock.
    lock = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"

    if options.tsv:
        for name, alone, together in rows:
            print(name, *alone, *together, sep="\t")
        print("lock", lock, sep="\t")
    else:
        print(f"{'':<16}{'1 worker':>18}{f'{options.workers} workers':>18}{'speedup':>10}")
        for name, alone, together in rows:
            speedup = f"{alone[0] / together[0]:.2f} ×"
            print(f"{name:<16}{shown(alone):>18}{shown(together):>18}{speedup:>10}")
        print(f"\nPython {sys.version.split()[0]}: its global interpreter lock is {lock}.")
