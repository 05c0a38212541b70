"""A race: processes raise one counter, and raises get lost. Then two cures."""

import argparse
import multiprocessing
import time

# On one core, a race may go well. Then it is run again, but not more often than this.
MOST_RACES = 100


def wait_for_all(gate):
    # Nobody begins before all are there.
    gate.wait()


def unprotected(counter, lock, items, gate):
    wait_for_all(gate)
    for _ in range(items):
        seen = counter.value
        # Another process may raise the counter now. Its raise is overwritten.
        counter.value = seen + 1


def with_lock(counter, lock, items, gate):
    wait_for_all(gate)
    for _ in range(items):
        with lock:
            counter.value += 1


def run(target, lock, workers, items):
    counter = multiprocessing.Value("q", 0, lock=False)
    gate = multiprocessing.Barrier(workers)
    start = time.perf_counter()
    processes = [
        multiprocessing.Process(target=target, args=(counter, lock, items, gate))
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return counter.value, time.perf_counter() - start


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--items", type=int, default=50_000)
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")
    workers, items = options.workers, options.items
    count = workers * items

    for _ in range(MOST_RACES):
        unprotected_run = run(unprotected, None, workers, items)
        if unprotected_run[0] < count:
            break
    rows = [
        ("none", *unprotected_run),
        ("a mutex", *run(with_lock, multiprocessing.Lock(), workers, items)),
        ("a semaphore", *run(with_lock, multiprocessing.Semaphore(1), workers, items)),
    ]

    print(f"{workers} processes raise a counter {items} times each, which makes {count}.\n")
    print(f"{'protection':<14}{'counted':>10}{'lost':>9}{'time a raise':>15}")
    for protection, counted, seconds in rows:
        each = f"{seconds / count * 1e9:.0f} ns"
        print(f"{protection:<14}{counted:>10}{count - counted:>9}{each:>15}")
    if unprotected_run[0] == count:
        print(f"\nNo raise was lost in {MOST_RACES} races. Try more --items.")
