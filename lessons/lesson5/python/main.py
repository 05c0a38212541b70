"""A pool of four workers squares a list of numbers."""

from multiprocessing import Pool


def square(x):
    """Squares the input number"""
    return x * x


if __name__ == "__main__":
    # Create a pool with 4 worker processes
    with Pool(processes=4) as pool:
        # Use map to calculate squares of numbers in a list
        numbers = [1, 2, 3, 4, 5]
        squares = pool.map(square, numbers)

    # Print the squared results
    print("Squares:", squares)
