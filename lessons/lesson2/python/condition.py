"""A condition: a cook waits until there are three eggs."""

from multiprocessing import Condition, Process, Value


def lay(eggs, one_more):
    with one_more:
        eggs.value += 1
        one_more.notify()


if __name__ == "__main__":
    one_more = Condition()  # and a lock
    eggs = Value("i", 0, lock=False)

    hens = [Process(target=lay, args=(eggs, one_more)) for _ in range(3)]
    for hen in hens:
        hen.start()

    # While it waits, others have the lock; when it goes on, it has the
    # lock again.
    with one_more:
        one_more.wait_for(lambda: eggs.value == 3)
        print(f"An omelette of {eggs.value} eggs.")
    for hen in hens:
        hen.join()
