"""The four lines of the main program, printed by the workers of a pool."""

import multiprocessing


def print_number(number):
    # The end of the `with` block kills the workers, and with them what they
    # have not flushed.
    print(f"Process {number}: {number}", flush=True)


if __name__ == "__main__":
    with multiprocessing.Pool(processes=4) as pool:
        pool.map(print_number, [1, 2, 3, 4])
