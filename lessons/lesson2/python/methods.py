"""What a process costs to start by each method, from a small parent and from a large one."""

import argparse
import multiprocessing
import os
import statistics
import time

METHODS = ("fork", "forkserver", "spawn")


def nothing():
    pass


def start_and_join(method):
    child = multiprocessing.get_context(method).Process(target=nothing)
    child.start()
    child.join()


def measure():
    """By the methods in turn, so that whatever else the machine does disturbs all of them."""
    times = {method: [] for method in METHODS}
    for _ in range(7):
        for method in METHODS:
            start = time.perf_counter()
            start_and_join(method)
            times[method].append(time.perf_counter() - start)
    return times.values()


def shown(times):
    median = statistics.median(times)
    spread = statistics.median(abs(t - median) for t in times)
    unit, factor = ("µs", 1e6) if median < 1e-3 else ("ms", 1e3)
    decimals = 1 if median * factor < 100 else 0
    return f"{median * factor:.{decimals}f} ± {spread * factor:.{decimals}f} {unit}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=256, help="megabytes")
    options = parser.parse_args()
    if options.items < 1:
        parser.error("--items must be at least 1")

    def row(parent, figures):
        print(f"{parent:<12}" + "".join(f"{figure:>18}" for figure in figures))

    start_and_join("forkserver")  # the first time, that starts the server
    row("parent", ("fork", "fork server", "spawn"))
    row("small", map(shown, measure()))
    ballast = bytearray(os.urandom(1_000_000)) * options.items
    row(f"has {options.items} MB", map(shown, measure()))
    del ballast
