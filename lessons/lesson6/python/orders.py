"""In which order do four processes speak? Not always in the order in which
they were started."""

import collections
import multiprocessing

RUNS = 30


def say(number, listener):
    listener.put(number)


def order():
    listener = multiprocessing.SimpleQueue()
    processes = [multiprocessing.Process(target=say, args=(n, listener)) for n in (1, 2, 3, 4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return " ".join(str(listener.get()) for _ in processes)


if __name__ == "__main__":
    orders = collections.Counter(order() for _ in range(RUNS))

    print(f"{RUNS} times, four processes said their number. The orders:")
    for order, times in sorted(orders.items()):
        print(f"{order}: {times} times")
    if len(orders) == 1:
        print("On this run there was one order. That is luck: nothing guarantees it.")
    else:
        print(f"On this run there were {len(orders)} different orders.")
