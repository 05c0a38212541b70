"""A process has a name, and can ask for it."""

import multiprocessing


def print_number(number):
    print(f"{multiprocessing.current_process().name}, num: {number}")


if __name__ == "__main__":
    processes = []
    for number in range(4):
        process = multiprocessing.Process(target=print_number, args=(number,))
        processes.append(process)
        process.start()

    for process in processes:
        process.join()
