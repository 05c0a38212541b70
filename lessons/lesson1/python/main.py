"""Each process has its own memory: what a child changes, its parent does
not see."""

import multiprocessing
import os

number = 10


def add():
    global number
    number += 5
    print(f"Child  (pid {os.getpid()}): number is {number}")


if __name__ == "__main__":
    process = multiprocessing.Process(target=add)
    process.start()
    process.join()

    print(f"Parent (pid {os.getpid()}): number is {number}")
