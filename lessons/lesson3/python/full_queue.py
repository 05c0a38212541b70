"""A child sends a lot, and is joined before anybody receives it."""

import multiprocessing


def send(queue):
    for number in range(100_000):
        queue.put(number)


if __name__ == "__main__":
    queue = multiprocessing.Queue()
    child = multiprocessing.Process(target=send, args=(queue,))
    child.start()

    print("The parent waits for the child.", flush=True)
    child.join()
    print("The child has ended.")
    print(f"It sent {queue.qsize()} numbers.")
