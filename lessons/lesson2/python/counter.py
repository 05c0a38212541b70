"""A thread shares the memory of its process; another process has its
own."""

import multiprocessing
import threading

counter = 0


def increment(who):
    global counter
    counter += 1
    print(f"The {who} counts to {counter}.")


if __name__ == "__main__":
    process = multiprocessing.Process(target=increment, args=("process",))
    process.start()
    process.join()
    print(f"After the process, the main program sees {counter}.")

    thread = threading.Thread(target=increment, args=("thread",))
    thread.start()
    thread.join()
    print(f"After the thread, the main program sees {counter}.")
