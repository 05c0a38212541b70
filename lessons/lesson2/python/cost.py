"""What a process costs more than a thread: its start, its memory, and to be switched to."""

import argparse
import multiprocessing
import os
import statistics
import threading
import time


def measure(runs, task, count=1):
    times = []
    end = time.perf_counter() + 2  # fewer runs, if they take longer
    while len(times) < min(runs, 7) or len(times) < runs and time.perf_counter() < end:
        start = time.perf_counter()
        task()
        times.append((time.perf_counter() - start) / count)
    median = statistics.median(times)
    return median, statistics.median(abs(t - median) for t in times)


def nothing():
    pass


def start_and_join(worker, runs):
    def task():
        w = worker(target=nothing)
        w.start()
        w.join()

    return measure(runs, task)


def answer(there, to_here, count):
    there, to_here = there.fileno(), to_here.fileno()
    for _ in range(count):
        os.read(there, 1)
        os.write(to_here, b"!")


def switch(worker):
    """There and back, on one core, so that only one of the two can run at a time."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    # Pipes of multiprocessing, since those of os go along only by a fork.
    here, to_here = multiprocessing.Pipe(duplex=False)
    there, to_there = multiprocessing.Pipe(duplex=False)
    other = worker(target=answer, args=(there, to_here, 7 * 1000))
    other.start()

    def ask():
        for _ in range(1000):
            os.write(to_there.fileno(), b"?")
            os.read(here.fileno(), 1)

    figure = measure(7, ask, 1000)
    other.join()
    os.sched_setaffinity(0, cores)
    for end in (here, to_here, there, to_there):
        end.close()
    return figure


def pss(pid):
    """Without the pages of files: these are in memory once, whoever else
    uses them."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        sizes = {line.split()[0]: int(line.split()[1]) for line in rollup if line.startswith("Pss")}
    return sizes["Pss:"] - sizes.get("Pss_File:", 0)


def wait(ready, until):
    ready.release()
    until.wait()


def family(pid):
    """This process and all below it: with forkserver, workers are children of the server."""
    yield pid
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        for child in children.read().split():
            yield from family(child)


def memory(worker, ready, until):
    before = sum(map(pss, family(os.getpid())))
    workers = [worker(target=wait, args=(ready, until)) for _ in range(8)]
    for w in workers:
        w.start()
    for w in workers:
        ready.acquire()
    after = sum(map(pss, family(os.getpid())))
    until.set()
    for w in workers:
        w.join()
    return (after - before) * 1024 / 8000


def shown(figure):
    unit, factor = ("µs", 1e6) if figure[0] < 1e-3 else ("ms", 1e3)
    median, spread = figure[0] * factor, figure[1] * factor
    decimals = 1 if median < 100 else 0
    return f"{median:.{decimals}f} ± {spread:.{decimals}f} {unit}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=256, help="megabytes")
    options = parser.parse_args()
    if options.items < 1:
        parser.error("--items must be at least 1")
    thread, process = threading.Thread, multiprocessing.Process

    def row(what, by_thread, by_process, show=shown):
        ratio = by_process[0] / by_thread[0]
        print(f"{what:<28}{show(by_thread):>18}{show(by_process):>18}{f'{ratio:.2f} ×':>12}")

    start_and_join(process, 1)  # with forkserver, the first process starts the server
    process_memory = memory(process, multiprocessing.Semaphore(0), multiprocessing.Event())
    thread_memory = memory(thread, threading.Semaphore(0), threading.Event())

    print(f"{'':<28}{'thread':>18}{'process':>18}{'ratio':>12}")
    by_process = start_and_join(process, 50)
    row("start and join", start_and_join(thread, 500), by_process)
    ballast = bytearray(os.urandom(1_000_000)) * options.items
    by_process = start_and_join(process, 20)
    row(f"the same, parent has {options.items} MB", start_and_join(thread, 500), by_process)
    del ballast
    by_process = switch(process)
    row("switch there and back", switch(thread), by_process)
    row("memory added", (thread_memory,), (process_memory,), lambda kilobytes: f"{kilobytes[0]:.0f} kB")
