"""One row of the comparison, by CPython's multiprocessing.

`python3 rows.py map_squares 1000000` prints the seconds that it took and the answer, as JSON.
Processes start by the method that the variable `START_METHOD` names, or else by Python's default.
"""

import json
import multiprocessing
import os
import sys
import time

context = multiprocessing.get_context(os.environ.get("START_METHOD"))
Pool, Process = context.Pool, context.Process

WORKERS = 2
CALLS = 3  # as in rows.rs


def increment(x):
    return x + 1


def square(x):
    return x * x


def same(x):
    return x


def nothing():
    pass


def timed(work):
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def with_pool(work):
    """The time of `work` alone, with a pool that was used before."""
    with Pool(WORKERS) as pool:
        pool.map(increment, range(100))
        return timed(lambda: work(pool))


def map_one_by_one(count):
    def map_(pool):
        return sum(pool.map(increment, range(count // CALLS), chunksize=1))

    return with_pool(lambda pool: sum(map_(pool) for _ in range(CALLS)))


def map_squares(count):
    def map_(pool):
        return sum(pool.map(square, range(count // CALLS)))

    return with_pool(lambda pool: sum(map_(pool) for _ in range(CALLS)))


def apply(count):
    return with_pool(lambda pool: sum(pool.apply(increment, (x,)) for x in range(count)))


def apply_async(count):
    def work(pool):
        results = [pool.apply_async(increment, (x,)) for x in range(count)]
        return sum(result.get() for result in results)

    return with_pool(work)


def imap_unordered(count):
    return with_pool(lambda pool: sum(pool.imap_unordered(increment, range(count))))


def create_map_close(count):
    def work():
        total = 0
        for _ in range(count):
            pool = Pool(WORKERS)
            total += sum(pool.map(square, range(4)))
            pool.close()
            pool.join()
        return total

    return timed(work)


def apply_64_mib(count):
    data = b"\x07" * (64 << 20)

    def work(pool):
        total = 0
        for _ in range(count):
            back = pool.apply(same, (data,))
            total += len(back) + back[-1]
        return total

    return with_pool(work)


def start_and_join(count):
    def work():
        total = 0
        for _ in range(count):
            process = Process(target=nothing)
            process.start()
            process.join()
            total += process.exitcode + 1
        return total

    return timed(work)


def worker_memory(count):
    """Not a time: the KiB that a worker has after `count` tasks, shared pages counted in part."""
    with Pool(WORKERS) as pool:
        answer = sum(pool.map(increment, range(count)))
        sizes = [proportional_set_size(worker.pid) for worker in pool._pool]
        return sum(sizes) / len(sizes), answer


def proportional_set_size(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


if __name__ == "__main__":
    row, count = sys.argv[1], int(sys.argv[2])
    seconds, answer = globals()[row](count)
    print(json.dumps({"measured": seconds, "answer": answer}))
