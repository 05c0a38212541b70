"""A new process for each task, against a pool whose workers stay."""

import argparse
import collections
import multiprocessing
import os
import statistics
import time

RUNS = 5


def count_primes(limit):
    return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, limit))


def one_process_each(workers, tasks):
    running = collections.deque()
    for size in tasks:
        if len(running) == workers:
            running.popleft().join()
        process = multiprocessing.Process(target=count_primes, args=(size,))
        process.start()
        running.append(process)
    for process in running:
        process.join()


def one_pool(workers, tasks):
    with multiprocessing.Pool(workers) as pool:
        pool.map(count_primes, tasks)


def measure(run, workers, tasks):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run(workers, tasks)
        times.append((time.perf_counter() - start) / len(tasks))
    median = statistics.median(times)
    return median, statistics.median(abs(t - median) for t in times)


def shown(figure):
    return f"{figure[0] * 1000:.2f} ± {figure[1] * 1000:.2f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--items", type=int, default=50)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")

    print(f"{options.items} tasks, {options.workers} at a time. The time for one:\n")
    print(f"{'task: count':<20}{'a process each':>22}{'a pool':>22}{'ratio':>10}")
    for name, size in [("nothing", 0), ("the primes to 300", 300), ("the primes to 5000", 5000)]:
        tasks = [size] * options.items
        each = measure(one_process_each, options.workers, tasks)
        pool = measure(one_pool, options.workers, tasks)
        ratio = f"{each[0] / pool[0]:.2f} ×"
        print(f"{name:<20}{shown(each):>22}{shown(pool):>22}{ratio:>10}")
