"""A worker is killed in the middle of a task. What becomes of the task, of
the others, of the pool?"""

import multiprocessing
import os
import signal


def square(number):
    if number == 3:
        # The system does this to a process when memory runs out.
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


if __name__ == "__main__":
    with multiprocessing.Pool(processes=2) as pool:
        print("Six numbers, and the worker that gets 3 is killed.", flush=True)

        for result in pool.map(square, range(6)):
            print(result)

        squares = pool.map(square, [7, 8, 9])
        print(f"The same pool goes on: {squares}")
