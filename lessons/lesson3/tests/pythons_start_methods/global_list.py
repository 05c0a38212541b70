from multiprocessing import Pool

results = []


def work(x):
    results.append(x * x)


if __name__ == "__main__":
    with Pool(2) as pool:
        pool.map(work, range(10))
    print(results)
