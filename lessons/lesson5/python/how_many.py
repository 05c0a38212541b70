"""The number of workers is yours to choose: each says when it is ready."""

import multiprocessing


def say_ready():
    print("  one is ready", flush=True)


if __name__ == "__main__":
    for workers in (1, 4, 5):
        print(f"A pool of {workers}:", flush=True)
        # The initializer runs once in each worker, before the worker takes
        # a task.
        pool = multiprocessing.Pool(processes=workers, initializer=say_ready)
        pool.close()
        pool.join()
