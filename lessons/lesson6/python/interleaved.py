"""Why two lines end up on one: a process writes its text first, and its
newline later."""

import multiprocessing


def print_separately(number, barrier):
    print(f"Process {number}: {number}", end="", flush=True)
    barrier.wait()
    print(flush=True)


def print_at_once(number):
    print(f"Process {number}: {number}", flush=True)


def run(target, *more):
    processes = []
    for number in range(1, 5):
        process = multiprocessing.Process(target=target, args=(number, *more))
        processes.append(process)
        process.start()

    for process in processes:
        process.join()


if __name__ == "__main__":
    # Left to chance, a process rarely loses its turn just between its two
    # writes. To show it on every run, the barrier holds each process there
    # until all have written their text.
    print("Text and newline written separately:")
    run(print_separately, multiprocessing.Barrier(4))

    print("One write a line:")
    run(print_at_once)
