"""Four processes, counted from 0."""

import multiprocessing


def print_number(number):
    print(f"Process {number}: My number is {number}")


if __name__ == "__main__":
    processes = []
    for number in range(4):
        process = multiprocessing.Process(target=print_number, args=(number,))
        processes.append(process)
        process.start()

    for process in processes:
        process.join()

    print("Main process continues.")
