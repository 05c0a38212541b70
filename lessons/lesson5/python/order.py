"""Results in the order of the inputs, or as they become available."""

import multiprocessing


def fibonacci(n):
    """The slow way: the larger the number, the longer it takes."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


if __name__ == "__main__":
    with multiprocessing.Pool(processes=2) as pool:
        numbers = [32, 1, 2, 3]

        # The first task takes longest. `map` returns its result first all
        # the same.
        print("map:", pool.map(fibonacci, numbers))

        # `imap_unordered` hands out each result when it is there, so that
        # of the first task comes late.
        for result in pool.imap_unordered(fibonacci, numbers):
            print("imap_unordered:", result)
