import multiprocessing


def worker_function(item):
    return item * 2


if __name__ == "__main__":
    data = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

    num_processes = 4
    with multiprocessing.Pool(processes=num_processes) as pool:
        results = pool.map(worker_function, data)

print("Results:", results)
