"""Ways to talk with another worker, by the size of the message."""

import multiprocessing
import queue
import statistics
import threading
import time

RUNS = 7
SIZES = {"8 bytes": 8, "1 KiB": 1 << 10, "64 KiB": 1 << 16, "1 MiB": 1 << 20}


def rounds(size):
    return max(5, 100_000 // (size + 1000))


def measure(size, ask):
    """The median time of a question and its answer, and its spread: half lie within it."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(rounds(size)):
            ask()
        times.append((time.perf_counter() - start) / rounds(size))
    median = statistics.median(times)
    return median, statistics.median(abs(t - median) for t in times)


def answer_pipe(end, count):
    for _ in range(count):
        end.send_bytes(end.recv_bytes())


def by_pipe(size):
    here, there = multiprocessing.Pipe()
    count = RUNS * rounds(size)
    process = multiprocessing.Process(target=answer_pipe, args=(there, count))
    process.start()
    message = bytes(size)

    def ask():
        here.send_bytes(message)
        here.recv_bytes()

    figure = measure(size, ask)
    process.join()
    return figure


def answer_queue(questions, answers, count):
    for _ in range(count):
        answers.put(questions.get())


def by_queues(worker, questions, answers, size):
    count = RUNS * rounds(size)
    answering = worker(target=answer_queue, args=(questions, answers, count))
    answering.start()
    message = bytes(size)

    def ask():
        questions.put(message)
        answers.get()

    figure = measure(size, ask)
    answering.join()
    return figure


def by_queue(size):
    return by_queues(
        multiprocessing.Process, multiprocessing.Queue(), multiprocessing.Queue(), size
    )


def by_threads(size):
    return by_queues(threading.Thread, queue.Queue(), queue.Queue(), size)


def answer_array(array, end, count):
    for _ in range(count):
        end.recv_bytes()
        message = array.get_obj().raw
        with array.get_lock():
            array.get_obj().raw = message
        end.send_bytes(b"")


def by_array(size):
    array = multiprocessing.Array("c", size)
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(
        target=answer_array, args=(array, there, RUNS * rounds(size))
    )
    process.start()
    message = bytes(size)

    def ask():
        with array.get_lock():
            array.get_obj().raw = message
        here.send_bytes(b"")
        here.recv_bytes()
        with array.get_lock():
            array.get_obj().raw

    figure = measure(size, ask)
    process.join()
    return figure


def shown(figure):
    unit, factor = ("µs", 1e6) if figure[0] < 1e-3 else ("ms", 1e3)
    median, spread = figure[0] * factor, figure[1] * factor
    decimals = 1 if median < 100 else 0
    return f"{median:.{decimals}f} ± {spread:.{decimals}f} {unit}"


if __name__ == "__main__":
    print("The time for a message there and back:\n")
    print(f"{'':<16}" + "".join(f"{size:>16}" for size in SIZES))
    ways = {
        "pipe": by_pipe,
        "queue": by_queue,
        "shared array": by_array,
        "thread queue": by_threads,
    }
    for name, way in ways.items():
        print(f"{name:<16}" + "".join(f"{shown(way(size)):>16}" for size in SIZES.values()))
