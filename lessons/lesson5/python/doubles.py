"""A pool of four workers doubles ten numbers."""

import multiprocessing


# Python can send a named function to its workers, but no lambda.
def double(item):
    return item * 2


if __name__ == "__main__":
    with multiprocessing.Pool(processes=4) as pool:
        results = pool.map(double, range(1, 11))

    print("Results:", results)
