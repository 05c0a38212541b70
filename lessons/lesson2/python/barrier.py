"""A barrier: nobody reads before all have written."""

from multiprocessing import Array, Barrier, Process


def work(number, results, all_are_there):
    results[number] = 10 * number
    all_are_there.wait()  # for ever, if another has died
    print(f"Process {number} sees a sum of {sum(results)}.")


if __name__ == "__main__":
    results = Array("i", 3)
    all_are_there = Barrier(3)

    children = [
        Process(target=work, args=(number, results, all_are_there)) for number in range(3)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
