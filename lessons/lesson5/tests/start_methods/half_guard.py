"""A program of the notes: its last line is outside of the guard."""

import multiprocessing


def square(x):
    return x * x


if __name__ == "__main__":
    with multiprocessing.Pool(processes=2) as pool:
        results = pool.map(square, [1, 2, 3])
print("Results:", results)
