"""A lock: two numbers that must agree, and one process at a time that
changes them."""

from multiprocessing import Array, Process


def move(accounts):
    for _ in range(1000):
        with accounts.get_lock():
            accounts[0] -= 1
            accounts[1] += 1


if __name__ == "__main__":
    # Money in two accounts.
    accounts = Array("i", [10_000, 0])

    processes = [Process(target=move, args=(accounts,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    first, second = accounts
    print(f"{first} and {second}")
