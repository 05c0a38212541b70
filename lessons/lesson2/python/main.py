"""Processes beside threads: one table, every cell of it measured now."""

import argparse
import multiprocessing
import os
import queue
import socket
import statistics
import threading
import time

RUNS = 3
WAITING = 8
REQUESTS = 2 * WAITING
DELAY = 0.010

changed = False


def measure(runs, task):
    """The median of the times of several runs, in seconds, and their
    spread: half lie within it."""
    times = []
    end = time.perf_counter() + 2  # fewer runs, if they take longer
    while len(times) < min(runs, 3) or len(times) < runs and time.perf_counter() < end:
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    return median, statistics.median(abs(t - median) for t in times)


def shown(median, spread, unit):
    decimals = 2 if median < 10 else 1 if median < 100 else 0
    return f"{median:.{decimals}f} ± {spread:.{decimals}f} {unit}"


def as_time(figure):
    unit, factor = ("µs", 1e6) if figure[0] < 1e-3 else ("ms", 1e3)
    return shown(figure[0] * factor, figure[1] * factor, unit)


def as_factor(alone, together):
    factor = alone[0] / together[0]
    return shown(factor, factor * (alone[1] / alone[0] + together[1] / together[0]), "×")


def run_all(worker, target, arguments):
    workers = [worker(target=target, args=args) for args in arguments]
    for w in workers:
        w.start()
    for w in workers:
        w.join()


def look(told, seen):
    told.wait()
    seen.put(changed)


def sees_a_change(worker, event, seen):
    global changed
    changed = False
    looking = worker(target=look, args=(event, seen))
    looking.start()
    changed = True
    event.set()
    answer = seen.get()
    looking.join()
    return "yes" if answer else "no"


def nothing():
    pass


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
    return f"{(after - before) * 1024 / 8000:.0f} kB"


def answer_all(questions, answers):
    while (message := questions.get()) is not None:
        answers.put(message)


def question_and_answer(worker, questions, answers):
    answering = worker(target=answer_all, args=(questions, answers))
    answering.start()

    def rounds():
        for _ in range(200):
            questions.put(b"8 bytes.")
            answers.get()

    median, spread = measure(7, rounds)
    questions.put(None)
    answering.join()
    return as_time((median / 200, spread / 200))


def count_primes(parts):
    count = 0
    for part in parts:
        for n in part:
            divisor = 2
            while divisor * divisor <= n and n % divisor:
                divisor += 1
            count += n > 1 and divisor * divisor > n
    return count


def cpu_bound(worker, workers, items):
    def by(count):
        # Large numbers take longer than small ones, so each worker gets
        # some of both.
        edges = [items * slice // (16 * count) for slice in range(16 * count + 1)]
        slices = [range(*edge) for edge in zip(edges, edges[1:])]
        parts = [(slices[first::count],) for first in range(count)]
        return measure(RUNS, lambda: run_all(worker, count_primes, parts))

    return as_factor(by(1), by(workers))


def serve(listener):
    def answer(client):
        client.recv(1)
        time.sleep(DELAY)  # as a disk or a distant machine would take
        client.sendall(b"!")
        client.close()

    while True:
        client, _ = listener.accept()
        threading.Thread(target=answer, args=(client,)).start()


def ask(address, requests):
    for _ in range(requests):
        with socket.create_connection(address) as server:
            server.sendall(b"?")
            server.recv(1)


def io_bound(worker, address):
    def by(count):
        return measure(RUNS, lambda: run_all(worker, ask, [(address, REQUESTS // count)] * count))

    return as_factor(by(1), by(WAITING))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=max(2, min(8, len(os.sched_getaffinity(0)))))
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--tsv", action="store_true", help="print the cells with tabs between them")
    options = parser.parse_args()
    if min(options.workers, options.items) < 1:
        parser.error("--workers and --items must be at least 1")

    thread, process = threading.Thread, multiprocessing.Process
    rows = []

    def row(question, by_process, by_thread):
        rows.append((question, by_thread, by_process))

    row(
        "sees a change",
        sees_a_change(process, multiprocessing.Event(), multiprocessing.SimpleQueue()),
        sees_a_change(thread, threading.Event(), queue.SimpleQueue()),
    )
    row(
        "start and join",
        as_time(measure(100, lambda: run_all(process, nothing, [()]))),
        as_time(measure(500, lambda: run_all(thread, nothing, [()]))),
    )
    row(
        "memory",
        memory(process, multiprocessing.Semaphore(0), multiprocessing.Event()),
        memory(thread, threading.Semaphore(0), threading.Event()),
    )
    row(
        "ask and answer",
        question_and_answer(process, multiprocessing.Queue(), multiprocessing.Queue()),
        question_and_answer(thread, queue.Queue(), queue.Queue()),
    )
    row(
        f"CPU-bound, by {options.workers}",
        cpu_bound(process, options.workers, options.items),
        cpu_bound(thread, options.workers, options.items),
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = process(target=serve, args=(listener,))
        server.start()
        address = listener.getsockname()
        row(f"I/O-bound, by {WAITING}", io_bound(process, address), io_bound(thread, address))
        server.terminate()
        server.join()

    if options.tsv:
        for cells in rows:
            print("\t".join(cells))
    else:
        print(f"{'workers are':<16}{'threads':>16}{'processes':>16}")
        for question, by_thread, by_process in rows:
            print(f"{question:<16}{by_thread:>16}{by_process:>16}")
