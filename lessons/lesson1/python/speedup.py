"""The same work by one process, by two, and so on, up to the number of
cores."""

import argparse
import multiprocessing
import os
import statistics
import time

PARTS = 100
RUNS = 3


def count_primes(numbers):
    def is_prime(n):
        divisor = 2
        while divisor * divisor <= n:
            if n % divisor == 0:
                return False
            divisor += 1
        return n > 1

    return sum(is_prime(n) for n in range(*numbers))


def measure(workers, items):
    parts = [(items * part // PARTS, items * (part + 1) // PARTS) for part in range(PARTS)]
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        with multiprocessing.Pool(workers) as pool:
            primes = sum(pool.imap_unordered(count_primes, parts))
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    return primes, median, statistics.median(abs(t - median) for t in times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--items", type=int, default=150_000)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")

    crews = [
        crew
        for crew in range(1, options.workers + 1)
        if crew <= 8 or crew & (crew - 1) == 0 or crew == options.workers
    ]
    rows = [measure(crew, options.items) for crew in crews]
    primes, alone, _ = rows[0]
    fastest = min(time for _, time, _ in rows)

    print(f"There are {primes} primes below {options.items}.\n")
    print("processes            time    speedup")
    for crew, (_, time, spread) in zip(crews, rows):
        bar = "█" * round(30 * fastest / time)
        print(f"{crew:<9} {time * 1000:6.0f} ± {spread * 1000:2.0f} ms  {alone / time:6.2f} ×  {bar}")
