"""A process that works through a loop of its own."""

import multiprocessing


def print_numbers():
    for number in range(1, 6):
        print(f"Number: {number}")


if __name__ == "__main__":
    process = multiprocessing.Process(target=print_numbers)
    process.start()
    process.join()

    print("Process has finished.")
