"""Four processes each print a different number."""

import multiprocessing


def print_number(number):
    print(f"Process {number}: {number}")


if __name__ == "__main__":
    # A list of numbers to be printed by each process, and a list to hold
    # the processes
    numbers = [1, 2, 3, 4]
    processes = []

    # Create and start a process for each number
    for number in numbers:
        process = multiprocessing.Process(target=print_number, args=(number,))
        processes.append(process)
        process.start()

    # Wait for all processes to finish
    for process in processes:
        process.join()

    print("Main process continues.")
