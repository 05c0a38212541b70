"""Ten processes square one element each of an array that they share."""

import multiprocessing


def square(index, array):
    array[index] = array[index] ** 2


if __name__ == "__main__":
    array = multiprocessing.Array("i", [2, 3, 6, 7, 8, 8, 9, 3, 3, 3])

    processes = []
    for index in range(10):
        process = multiprocessing.Process(target=square, args=(index, array))
        processes.append(process)
        process.start()

    for process in processes:
        process.join()

    print(list(array))
