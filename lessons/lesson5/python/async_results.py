"""Submit tasks one by one without waiting, collect the results later."""

import multiprocessing


def square(x):
    return x * x


if __name__ == "__main__":
    with multiprocessing.Pool(processes=4) as pool:
        # Submit tasks to the pool: this does not wait
        results = []
        for x in range(10):
            results.append(pool.apply_async(square, args=(x,)))

        # Collect the results: `get` waits until its result is there
        output = []
        for result in results:
            output.append(result.get())

    print(output)
