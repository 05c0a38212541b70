"""More and more workers want one lock: threads and processes, and both without a common lock."""

import argparse
import multiprocessing
import os
import queue
import statistics
import threading
import time

RUNS = 3


def work(lock, items, gate, times):
    gate.wait()
    start = time.perf_counter()  # the clock is the same in all processes
    counter = 0
    for _ in range(items):
        with lock:
            counter += 1
    times.put((start, time.perf_counter()))


def measure(workers, items, worker, new_lock, new_gate, new_queue, one_lock):
    times = []
    for _ in range(RUNS):
        gate, measured = new_gate(workers), new_queue()
        lock = new_lock()
        locks = [lock if one_lock else new_lock() for _ in range(workers)]
        all_workers = [
            worker(target=work, args=(each, items // workers, gate, measured)) for each in locks
        ]
        for each in all_workers:
            each.start()
        starts, ends = zip(*(measured.get() for _ in all_workers))
        times.append((max(ends) - min(starts)) / items)
        for each in all_workers:
            each.join()
    median = statistics.median(times)
    return median, statistics.median(abs(t - median) for t in times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--items", type=int, default=40_000)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")

    threads = threading.Thread, threading.Lock, threading.Barrier, queue.SimpleQueue
    processes = (
        multiprocessing.Process,
        multiprocessing.Lock,
        multiprocessing.Barrier,
        multiprocessing.SimpleQueue,
    )

    print(f"The time for a raise, {options.items} of them shared among the workers:\n")
    heads = "one lock,", "one lock,", "own locks,", "own locks,"
    print(f"{'workers':<8}" + "".join(f"{head:>18}" for head in heads))
    print(f"{'':<8}" + "".join(f"{kind:>18}" for kind in ("threads", "processes") * 2))
    workers = 1
    while workers <= options.workers:
        line = f"{workers:<8}"
        for one_lock in (True, False):
            for kind in (threads, processes):
                median, spread = measure(workers, options.items, *kind, one_lock)
                each = f"{median * 1e9:.0f} ± {spread * 1e9:.0f} ns"
                line += f"{each:>18}"
        print(line)
        workers *= 2
    print(f"\nThis program may use {len(os.sched_getaffinity(0))} core(s).")
